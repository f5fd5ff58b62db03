/** Tells which dispatches one viewer follows, at each point of the board's stream. */
import { LRUCache } from 'lru-cache';
import { mostEntries } from '../../lib/memory/most-entries.ts';
import type { Position } from '../../stores/event-log/event-log.ts';
import type { TopicEvent } from '../../realtime/topics/topic.ts';
import type { BoardEvent, FollowEvent } from './events.ts';

/** Since when a viewer follows a dispatch. */
export interface Following {
  /** That of the dispatch at that time. */
  readonly version: number;
  /** When that was, as the event says it: so it is told from other times at which they followed the same dispatch. */
  readonly at: string;
}

/** The dispatches that a viewer follows. */
export type FollowedSince = ReadonlyMap<string, Following>;

/** The viewer began or ceased to follow a dispatch. */
interface FollowChange extends Position, Following {
  /** Undefined for a beginning that may have been taken back by now. */
  follows: boolean | undefined;
}

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
 *
 * That they began to follow something may be shown late, or once more behind a log that was lost, when they follow it no longer. So
 * it has to be in a list that was read afterwards: else it has been taken back, and counts for nothing.
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
  #listed = new Map<string, Following>();
  /** Where the stream stood before the list was read; undefined before it was. */
  #listedAt: Position | undefined;

  constructor(viewerId: string) {
    this.#viewerId = viewerId;
  }

  /** Remembers the event if it is a change of what this viewer follows. To note it again changes nothing. */
  note({ event, epoch, offset }: TopicEvent<BoardEvent>): void {
    if (!this.#isFollowChange(event)) return;
    const { id, version } = event.dispatch;
    const known = this.#changes.peek(id) ?? [];
    if (known.some((change) => change.offset === offset && change.epoch === epoch)) return;
    const change: FollowChange = { epoch, offset, version, at: event.timestamp, follows: undefined };
    if (event.changeType === 'UNFOLLOWED') change.follows = false;
    else if (this.#isListed(change)) change.follows = isOf(this.#listed.get(id), change);
    // Those of other epochs are older, or will not be asked for any more.
    const [others, ofEpoch] = [
      known.filter((other) => other.epoch !== epoch),
      known.filter((other) => other.epoch === epoch),
    ];
    const changes = [...others, ...[...ofEpoch, change].sort((a, b) => a.offset - b.offset)];
    this.#changes.set(id, changes.slice(-maxChanges));
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

  /** Whether `shows` can say it of this event, which was noted: else `decide` has to come first. */
  isDecided({ event, epoch, offset }: TopicEvent<BoardEvent>): boolean {
    if (isFollowEvent(event) && !this.#isFollowChange(event)) return true;
    const change = this.#lastChange(event.dispatch.id, { epoch, offset });
    return change === undefined || change.follows !== undefined;
  }

  /** `listed` was read after the event had come. */
  decide({ event, epoch, offset }: TopicEvent<BoardEvent>, listed: FollowedSince): void {
    const { id } = event.dispatch;
    for (const change of this.#changes.peek(id) ?? [])
      if (change.epoch === epoch && change.offset <= offset) change.follows ??= isOf(listed.get(id), change);
  }

  /** Whether the viewer is shown the event: that they follow a dispatch from then on, or how one has changed that they followed then. */
  shows({ event, epoch, offset }: TopicEvent<BoardEvent>): boolean {
    if (!isFollowEvent(event)) return this.followedAt(event.dispatch, { epoch, offset });
    const change = this.#isFollowChange(event) && this.#lastChange(event.dispatch.id, { epoch, offset });
    return change !== false && change?.offset === offset && change.follows === true;
  }

  /** Whether the viewer followed the dispatch when the event at this position led to this version of it. */
  followedAt({ id, version }: { readonly id: string; readonly version: number }, place: Position): boolean {
    const change = this.#lastChange(id, place);
    const since = this.#listed.get(id)?.version ?? Infinity;
    // The list may already contain a later change than those that were noted so far.
    const isLast = change && !(this.#isListed(change) && !this.#isListed(place));
    if (isLast && (change.version >= since || version <= since)) return change.follows !== false;
    return version > since;
  }

  #isFollowChange(event: BoardEvent): event is FollowEvent {
    return isFollowEvent(event) && event.actorId === this.#viewerId;
  }

  /** The last one up to there. Offsets of two epochs do not compare. */
  #lastChange(id: string, { epoch, offset }: Position): FollowChange | undefined {
    return this.#changes
      .peek(id)
      ?.findLast((candidate) => candidate.epoch === epoch && candidate.offset <= offset);
  }

  /** Whether the list was read after this had happened. */
  #isListed({ epoch, offset }: Position): boolean {
    return this.#listedAt?.epoch === epoch && offset <= this.#listedAt.offset;
  }

  #addToList(id: string, changes: readonly FollowChange[]): void {
    const { follows, version, at } = changes.at(-1)!;
    if (follows === false) this.#listed.delete(id);
    else this.#listed.set(id, { version, at });
  }
}

/** Whether they still follow it by that beginning, and not by another one. */
const isOf = (listed: Following | undefined, { version, at }: Following): boolean =>
  listed?.version === version && listed.at === at;
