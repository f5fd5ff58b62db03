/** Owns the port of the event log: the last events of each topic, numbered without holes, and their live following. */

/** An event to append. */
export interface NewEvent {
  /** Identifies the fact. Appending the same id to the same topic again changes nothing. */
  readonly id: string;
  /** When it happened, milliseconds since the Unix epoch. */
  readonly at: number;
  /** A JSON value; treated as immutable, shared between all readers. */
  readonly data: unknown;
}

/** An event with its place in a topic. */
export interface LoggedEvent extends NewEvent {
  /** 1, 2, 3 … within one topic and epoch, without holes. */
  readonly offset: number;
}

/** Where a topic stands: `offset` is that of its newest event, 0 when it has none. */
export interface Position {
  /** Random id of the topic's log; another one means that what was logged before is lost. */
  readonly epoch: string;
  readonly offset: number;
}

export interface Follower {
  /**
   * Each event once, in order of offset, beginning with the one behind the position that `follow` returned. May be called
   * before the promise of `follow` was handled. Must not throw.
   */
  onEvent(event: LoggedEvent): void;
  /**
   * What lay between the last event and `position` is lost: the log itself is gone, or trimmed past the gap.
   * Events go on behind `position`.
   */
  onLost(position: Position): void;
}

export interface Following {
  /** Where the topic stood when the following became live. */
  readonly position: Position;
  /** Ends the following: no call back after it returned. Safe to call twice. */
  close(): Promise<void>;
}

export interface AppendRequest {
  readonly topic: string;
  readonly event: NewEvent;
}

/** Events behind an offset, or `lost` when the log no longer reaches back that far (or has another epoch). */
export type ReadResult =
  | { readonly kind: 'events'; readonly events: readonly LoggedEvent[] }
  | { readonly kind: 'lost'; readonly position: Position };

/**
 * The last events of each topic.
 *
 * - **Order**: offsets within a topic are consecutive, and every follower on every process sees them in that order.
 * - **Idempotence**: an event id is appended once per topic, as long as the log reaches back to it.
 * - **Durability**: the implementation's. A log that was lost has another epoch when it is back; it never goes on under
 *   the old one with numbers used twice.
 * - **Healing**: when transport loses a message, the implementation notices from the offsets and reads the missing
 *   events from the log before it goes on. Only what the log no longer holds is reported with `onLost`.
 * - **Errors**: a rejected promise means that nothing is known about the effect of `append`: append again.
 */
export interface EventLog {
  /** Appends in the order given. Returns each one's offset, also for those that had been appended before. */
  append(requests: readonly AppendRequest[]): Promise<Position[]>;
  position(topic: string): Promise<Position>;
  /** Events behind `after`, oldest first, at most `limit`; an empty list when `after` is the newest. */
  read(topic: string, after: Position, limit: number): Promise<ReadResult>;
  /** Resolves once the following is really live: nothing appended after that is missed. */
  follow(topic: string, follower: Follower): Promise<Following>;
  close(): Promise<void>;
}

/** How much history each topic keeps. */
export interface EventLogBounds {
  /** Newest events kept per topic. */
  readonly maxEvents: number;
  /** Age in milliseconds after which an event is no longer kept. */
  readonly maxAgeMs: number;
}
