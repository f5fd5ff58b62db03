/** Tells which dispatches one viewer follows, at each point of the board's stream. */
import { LRUCache } from 'lru-cache';
import { mostEntries } from '../../lib/memory/most-entries.ts';
import type { Position } from '../../stores/event-log/event-log.ts';
import type { TopicEvent } from '../../realtime/topics/topic.ts';
import type { BoardEvent, FollowEvent } from './events.ts';

/** The viewer began or ceased to follow a dispatch. */
interface FollowChange extends Position {
  /** The dispatch's version at that time. */
  readonly version: number;
  readonly follows: boolean;
}

/** The dispatches that a viewer follows, each with the version that it had when the viewer began to follow it. */
export type FollowedSince = ReadonlyMap<string, number>;

/** Changes kept per dispatch. Only a viewer who resumes from before the oldest is shown a little more or less than they followed. */
const maxChanges = 16;
/** Dispatches of which changes are kept. Of the others only whether they are followed is known, and since which version. */
const maxChangedDispatches = 1_000;

export const isFollowEvent = (event: BoardEvent): event is FollowEvent =>
  event.changeType === 'FOLLOWED' || event.changeType === 'UNFOLLOWED';

/**
 * A list that was read from the database, and its changes since then, as the board's stream shows them.
 *
 * The two overlap, so that nothing is missing between them: the list is read after a position in the stream was taken, so
 * it contains every change up to that position. A later change that the list contains too does no harm when it is noted.
 *
 * A change is kept with its offset, because an event may be executed after later changes were noted: it is judged by the
 * last change before it. Where no change is known, an event is judged by its version: the list says since which version
 * the dispatch is followed, so a viewer who resumes is not shown what happened before.
 */
export class FollowedDispatches {
  readonly #viewerId: string;
  /** By dispatch; each dispatch's changes by offset. */
  readonly #changes = new LRUCache<string, FollowChange[]>({
    ...mostEntries(maxChangedDispatches),
    dispose: (changes, id, reason) => {
      if (reason === 'evict') this.#addToList(id, changes);
    },
  });
  #listed = new Map<string, number>();
  /** Where the stream stood before the list was read; undefined before it was. */
  #listedAt: Position | undefined;

  constructor(viewerId: string) {
    this.#viewerId = viewerId;
  }

  /** Whether the event says that this viewer began or ceased to follow a dispatch. */
  isFollowChange(event: BoardEvent): event is FollowEvent {
    return isFollowEvent(event) && event.actorId === this.#viewerId;
  }

  /** Remembers the event if it is a change of what this viewer follows. To note it again changes nothing. */
  note({ event, epoch, offset }: TopicEvent<BoardEvent>): void {
    if (!this.isFollowChange(event)) return;
    const known = this.#changes.peek(event.dispatch.id) ?? [];
    if (known.some((change) => change.offset === offset && change.epoch === epoch)) return;
    const { version } = event.dispatch;
    const change = { epoch, offset, version, follows: event.changeType === 'FOLLOWED' };
    // Those of other epochs are older, or will not be asked for any more.
    const [others, ofEpoch] = [
      known.filter((other) => other.epoch !== epoch),
      known.filter((other) => other.epoch === epoch),
    ];
    const changes = [...others, ...[...ofEpoch, change].sort((a, b) => a.offset - b.offset)];
    this.#changes.set(event.dispatch.id, changes.slice(-maxChanges));
  }

  /**
   * Takes a list that was read after `position`, so that it contains the changes up to there. Of two that are read at a time
   * the older one may come last: it is passed over, since changes that it lacks are forgotten already.
   */
  replaceList(listed: FollowedSince, position: Position): void {
    const known = this.#listedAt;
    if (known?.epoch === position.epoch && position.offset < known.offset) return;
    this.#listed = new Map(listed);
    this.#listedAt = position;
    for (const [id, changes] of [...this.#changes.entries()].reverse()) {
      const later = changes.filter(
        ({ epoch, offset }) => epoch === position.epoch && offset > position.offset,
      );
      if (later.length > 0) this.#changes.set(id, later);
      else this.#changes.delete(id);
    }
  }

  /** Whether the viewer followed the dispatch when the event at this position led to this version of it. */
  followedAt(
    { id, version }: { readonly id: string; readonly version: number },
    { epoch, offset }: Position,
  ): boolean {
    // Offsets of two epochs do not compare.
    const change = this.#changes
      .peek(id)
      ?.findLast((candidate) => candidate.epoch === epoch && candidate.offset <= offset);
    const since = this.#listed.get(id) ?? Infinity;
    // The list may already contain a later change than those that were noted so far.
    if (change && (change.version >= since || version <= since)) return change.follows;
    return version > since;
  }

  #addToList(id: string, changes: readonly FollowChange[]): void {
    const { follows, version } = changes.at(-1)!;
    if (follows) this.#listed.set(id, version);
    else this.#listed.delete(id);
  }
}
