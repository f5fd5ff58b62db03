/** Owns which dispatches one viewer follows, at each point of the board's stream. */
import { createCursorFormat } from '../../realtime/cursor.ts';
import type { TopicEvent } from '../../realtime/topic.ts';
import { boardTopic, type BoardEvent, type FollowEvent } from './events.ts';

interface FollowChange {
  readonly epoch: string;
  readonly offset: number;
  /** Of the dispatch, when the turn was taken. */
  readonly version: number;
  readonly follows: boolean;
}

/** The dispatches that a viewer follows, each with the version that it had when that began. */
export type FollowedSince = ReadonlyMap<string, number>;

/** Turns remembered per dispatch. Only who resumes from before them is shown a little more or less. */
const maxChanges = 16;

const cursors = createCursorFormat(boardTopic.key);

export const isFollowEvent = (event: BoardEvent): event is FollowEvent =>
  event.changeType === 'FOLLOWED' || event.changeType === 'UNFOLLOWED';

/**
 * A list read from the record, and the turns it has taken since, as the board's stream tells them.
 *
 * The two overlap rather than leave a gap: the list is read after a position in the stream was taken, so it contains
 * every turn up to there, and turns behind it that it contains already change nothing when they are noted. A turn is kept
 * with its offset, because events are judged when they are executed, which may be after later turns were noted. By the
 * list an event is judged by its version: who resumes is asked about what happened before the viewer began to follow.
 */
export class FollowedDispatches {
  readonly #viewerId: string;
  readonly #changes = new Map<string, FollowChange[]>();
  #listed: FollowedSince;

  constructor(viewerId: string, listed: FollowedSince) {
    this.#viewerId = viewerId;
    this.#listed = listed;
  }

  /** Whether the event is a turn of this viewer. */
  isFollowChange(event: BoardEvent): event is FollowEvent {
    return isFollowEvent(event) && event.actorId === this.#viewerId;
  }

  /** Remembers the event if it is a turn of this viewer. Noting it again changes nothing. */
  note({ event, offset, cursor }: TopicEvent<BoardEvent>): void {
    if (!this.isFollowChange(event)) return;
    const epoch = cursors.parse(cursor)?.epoch ?? '';
    const changes = this.#changes.get(event.dispatch.id) ?? [];
    if (changes.some((change) => change.offset === offset && change.epoch === epoch)) return;
    const { version } = event.dispatch;
    changes.push({ epoch, offset, version, follows: event.changeType === 'FOLLOWED' });
    changes.sort((a, b) => a.offset - b.offset);
    this.#changes.set(event.dispatch.id, changes.slice(-maxChanges));
  }

  /** Takes a list that was read after `cursor`: turns up to there are in it. */
  replaceList(listed: FollowedSince, cursor: string): void {
    this.#listed = listed;
    const position = cursors.parse(cursor);
    if (!position) return;
    for (const [id, changes] of this.#changes) {
      const later = changes.filter(
        ({ epoch, offset }) => epoch === position.epoch && offset > position.offset,
      );
      if (later.length > 0) this.#changes.set(id, later);
      else this.#changes.delete(id);
    }
  }

  /** Whether the viewer followed the dispatch when the event at `offset` led to this version of it. */
  followedAt({ id, version }: { readonly id: string; readonly version: number }, offset: number): boolean {
    const change = this.#changes.get(id)?.findLast((candidate) => candidate.offset <= offset);
    const since = this.#listed.get(id) ?? Infinity;
    // The list may know of a later turn than those that were noted so far.
    if (change && (change.version >= since || version <= since)) return change.follows;
    return version > since;
  }
}
