/** Owns which dispatches one viewer follows, at each point of the board's stream. */
import { createCursorFormat } from '../../realtime/cursor.ts';
import type { TopicEvent } from '../../realtime/topic.ts';
import { boardTopic, type BoardEvent, type FollowEvent } from './events.ts';

interface Turn {
  readonly epoch: string;
  readonly offset: number;
  readonly follows: boolean;
}

/** Turns remembered per dispatch. Only who resumes from before them is shown a little more or less. */
const maxTurns = 16;

const cursors = createCursorFormat(boardTopic.key);

export const isFollowEvent = (event: BoardEvent): event is FollowEvent =>
  event.changeType === 'FOLLOWED' || event.changeType === 'UNFOLLOWED';

/**
 * A list read from the record, and the turns it has taken since, as the board's stream tells them.
 *
 * The two overlap rather than leave a gap: the list is read after a position in the stream was taken, so it contains
 * every turn up to there, and turns behind it that it contains already change nothing when they are noted. A turn is kept
 * with its offset, because events are judged when they are executed, which may be after later turns were noted.
 */
export class FollowedDispatches {
  readonly #viewerId: string;
  readonly #turns = new Map<string, Turn[]>();
  #listed: ReadonlySet<string>;

  constructor(viewerId: string, listed: Iterable<string>) {
    this.#viewerId = viewerId;
    this.#listed = new Set(listed);
  }

  /** Whether the event is a turn of this viewer. */
  isTurn(event: BoardEvent): event is FollowEvent {
    return isFollowEvent(event) && event.actorId === this.#viewerId;
  }

  /** Remembers the event if it is a turn of this viewer. Noting it again changes nothing. */
  note({ event, offset, cursor }: TopicEvent<BoardEvent>): void {
    if (!this.isTurn(event)) return;
    const epoch = cursors.parse(cursor)?.epoch ?? '';
    const turns = this.#turns.get(event.dispatch.id) ?? [];
    if (turns.some((turn) => turn.offset === offset && turn.epoch === epoch)) return;
    turns.push({ epoch, offset, follows: event.changeType === 'FOLLOWED' });
    turns.sort((a, b) => a.offset - b.offset);
    this.#turns.set(event.dispatch.id, turns.slice(-maxTurns));
  }

  /** Takes a list that was read after `cursor`: turns up to there are in it. */
  replaceList(listed: Iterable<string>, cursor: string): void {
    this.#listed = new Set(listed);
    const position = cursors.parse(cursor);
    if (!position) return;
    for (const [id, turns] of this.#turns) {
      const later = turns.filter(({ epoch, offset }) => epoch === position.epoch && offset > position.offset);
      if (later.length > 0) this.#turns.set(id, later);
      else this.#turns.delete(id);
    }
  }

  /** Whether the viewer followed the dispatch when its event at `offset` happened. */
  followedAt(dispatchId: string, offset: number): boolean {
    const turn = this.#turns.get(dispatchId)?.findLast((candidate) => candidate.offset <= offset);
    return turn ? turn.follows : this.#listed.has(dispatchId);
  }
}
