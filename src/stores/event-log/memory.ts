/** The event log of a single process: kept in memory, and lost when the process ends. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { StaleTurn } from '../../lib/failures/stale-turn.ts';
import { Passing } from './passing.ts';
import type {
  AppendRequest,
  EventLog,
  EventLogBounds,
  Follower,
  Following,
  LoggedEvent,
  Position,
  ReadResult,
  Standing,
} from './event-log.ts';

interface Entry {
  readonly event: LoggedEvent;
  readonly appendedAt: number;
}

/** One call of `follow`. Its events begin behind the offset `from`. */
interface Subscription {
  readonly follower: Follower;
  readonly from: number;
}

interface TopicLog {
  readonly epoch: string;
  readonly began: number;
  head: number;
  /** The newest events, oldest first; their offsets end with `head`. */
  readonly entries: Entry[];
  /** Offsets of the events in `entries`, by event id. */
  readonly offsets: Map<string, number>;
  readonly subscriptions: Set<Subscription>;
  /** When somebody last appended, or was given a position with which they may come back. */
  usedAt: number;
  /** Whether somebody may come back with a position, though there was no event yet. */
  isKept: boolean;
  /** The highest turn that was appended in. */
  turn: number;
  readonly passing: Passing;
}

/** How often topics are swept within `maxAgeMs`. */
const sweepsPerAge = 4;
const maxSweepMs = 60_000;
const minSweepMs = 1000;

/**
 * `append` calls all followers before it returns, in order. What a follower appends in turn is delivered after the event at
 * hand has gone to everyone. When a follower throws, the others get the event all the same, and `append` rejects.
 *
 * A topic that nobody follows is dropped when it has not been used for `maxAgeMs`. If it is used again, it has another
 * epoch.
 */
export class EventLogMemory implements EventLog {
  readonly #clock: Clock;
  readonly #bounds: EventLogBounds;
  readonly #topics = new Map<string, TopicLog>();
  /** Events that were appended and not yet handed to followers. */
  readonly #queue: { readonly log: TopicLog; readonly event: LoggedEvent }[] = [];
  #delivering = false;
  #lastBegan = 0;
  #stopSweeping: () => void;

  constructor({ clock, bounds }: { readonly clock: Clock; readonly bounds: EventLogBounds }) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#stopSweeping = this.#sweepLater();
  }

  /** What this process has is lost with it. */
  async beginTurns(): Promise<void> {}

  /** There is no copy of it. */
  async findMissing(): Promise<[]> {
    return [];
  }

  async append(requests: readonly AppendRequest[], turn: number | null = null): Promise<Position[]> {
    const now = this.#clock.elapsed();
    if (turn !== null) this.#enterTurn(requests, turn);
    const positions = requests.map((request) => this.#appendOne(request, now));
    this.#deliver();
    return positions;
  }

  async position(topic: string): Promise<Position> {
    const log = this.#log(topic);
    log.isKept = true;
    return positionOf(log);
  }

  async standing(topic: string, value?: string): Promise<Standing> {
    const log = this.#topics.get(topic);
    // As for `read`.
    if (!log) return { position: { epoch: newEpoch(), offset: 0 }, began: 0, passed: undefined };
    const passed = value === undefined ? log.head : log.passing.last(value, log.head);
    return { position: positionOf(log), began: log.began, passed };
  }

  async read(topic: string, after: Position, limit: number): Promise<ReadResult> {
    const log = this.#topics.get(topic);
    // Nobody can have a position of a topic that is not known, and to ask for one makes none.
    if (!log) return { kind: 'lost', position: { epoch: newEpoch(), offset: 0 } };
    const now = this.#clock.elapsed();
    log.usedAt = now;
    this.#trim(log, now);
    const skip = after.offset - (log.head - log.entries.length);
    if (after.epoch !== log.epoch || skip < 0 || after.offset > log.head) {
      return { kind: 'lost', position: positionOf(log) };
    }
    return { kind: 'events', events: log.entries.slice(skip, skip + limit).map(({ event }) => event) };
  }

  async follow(topic: string, follower: Follower): Promise<Following> {
    const log = this.#log(topic);
    const subscription: Subscription = { follower, from: log.head };
    log.subscriptions.add(subscription);
    const keep = () => {
      log.isKept = true;
    };
    const close = async () => {
      log.subscriptions.delete(subscription);
      log.usedAt = this.#clock.elapsed();
      const isForgotten = log.head === 0 && !log.isKept && log.subscriptions.size === 0;
      if (isForgotten && this.#topics.get(topic) === log) this.#topics.delete(topic);
    };
    return { position: positionOf(log), began: log.began, keep, close };
  }

  async close(): Promise<void> {
    this.#stopSweeping();
    for (const { subscriptions } of this.#topics.values()) subscriptions.clear();
    this.#topics.clear();
  }

  /** The topic's log, a new one where there is none. */
  #log(topic: string): TopicLog {
    const now = this.#clock.elapsed();
    const found = this.#topics.get(topic);
    if (found) {
      found.usedAt = now;
      return found;
    }
    this.#lastBegan = Math.max(this.#lastBegan + 1, this.#clock.now());
    const log: TopicLog = {
      epoch: newEpoch(),
      began: this.#lastBegan,
      head: 0,
      entries: [],
      offsets: new Map(),
      subscriptions: new Set(),
      usedAt: now,
      isKept: false,
      turn: 0,
      passing: new Passing(),
    };
    this.#topics.set(topic, log);
    return log;
  }

  /** @throws StaleTurn, with nothing changed */
  #enterTurn(requests: readonly AppendRequest[], turn: number): void {
    const logs = new Set(requests.map(({ topic }) => this.#log(topic)));
    for (const log of logs) if (log.turn > turn) throw new StaleTurn(turn);
    for (const log of logs) log.turn = turn;
  }

  #appendOne({ topic, event: { id, at, data, passes } }: AppendRequest, now: number): Position {
    const log = this.#log(topic);
    const known = log.offsets.get(id);
    if (known !== undefined) return { epoch: log.epoch, offset: known };
    log.head += 1;
    const before = passes && log.passing.note(log.head, passes);
    const event: LoggedEvent = { id, at, data, offset: log.head, ...(before && { before }) };
    log.entries.push({ event, appendedAt: now });
    log.offsets.set(id, event.offset);
    this.#trim(log, now);
    if (log.subscriptions.size > 0) this.#queue.push({ log, event });
    return positionOf(log);
  }

  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    const errors: unknown[] = [];
    // A follower that appends makes the queue longer while this loop runs.
    for (const { log, event } of this.#queue) {
      for (const { follower, from } of log.subscriptions) {
        if (event.offset <= from) continue;
        try {
          follower.onEvent(event);
        } catch (error) {
          errors.push(error);
        }
      }
    }
    this.#queue.length = 0;
    this.#delivering = false;
    if (errors.length > 0) throw new AggregateError(errors, 'A follower of the event log threw.');
  }

  #trim(log: TopicLog, now: number): void {
    const { entries, offsets } = log;
    const oldest = now - this.#bounds.maxAgeMs;
    while (entries.length > this.#bounds.maxEvents || (entries[0] && entries[0].appendedAt < oldest)) {
      offsets.delete(entries.shift()!.event.id);
    }
  }

  #sweepLater(): () => void {
    const delayMs = Math.max(minSweepMs, Math.min(maxSweepMs, this.#bounds.maxAgeMs / sweepsPerAge));
    return this.#clock.after(delayMs, () => {
      this.#sweep();
      this.#stopSweeping = this.#sweepLater();
    });
  }

  #sweep(): void {
    const now = this.#clock.elapsed();
    for (const [topic, log] of this.#topics) {
      this.#trim(log, now);
      if (log.subscriptions.size === 0 && now - log.usedAt > this.#bounds.maxAgeMs)
        this.#topics.delete(topic);
    }
  }
}

const newEpoch = () => randomBytes(9).toString('base64url');

function positionOf({ epoch, head }: TopicLog): Position {
  return { epoch, offset: head };
}
