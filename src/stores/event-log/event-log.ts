/** The port of the event log: keeps the newest events of each topic, numbered without holes, and sends new ones to followers. */

/** An event to append. */
export interface NewEvent {
  /** Identifies what happened: appending the same id to the same topic again changes nothing. */
  readonly id: string;
  /** When it happened, milliseconds since the Unix epoch. */
  readonly at: number;
  /** A JSON value; treated as immutable, shared between all readers. */
  readonly data: unknown;
  /**
   * The values of filters that the event passes, of all that a reader of the topic may ask for: words of letters, digits, `_`, `*` and
   * `/`. Absent where nobody knows.
   */
  readonly passes?: readonly string[] | undefined;
}

/** An event with its place in a topic. */
export interface LoggedEvent extends Omit<NewEvent, 'passes'> {
  /** 1, 2, 3 … within one topic and epoch, without holes. */
  readonly offset: number;
  /**
   * For each value that it passes, the offset of the event before it that passed the same one; 0 where there is none in this log. A
   * value is missing where that is not known: the log has no memory of it, or has events since that did not say what they pass.
   */
  readonly before?: Readonly<Record<string, number>>;
}

/** How far a topic has come. `offset` is that of its newest event, 0 when it has none. */
export interface Position {
  /** Random id of the topic's log. When it changes, everything that was logged under the old one is lost. */
  readonly epoch: string;
  readonly offset: number;
}

export interface Follower {
  /**
   * Gets each event once, in order of offset, beginning with the one behind the position that `follow` returned. May be
   * called before the caller of `follow` has seen that position. Must not throw. `text`: what `readEnvelope` reads the same event
   * from, where it came as such: whoever keeps it need not keep the event.
   */
  onEvent(event: LoggedEvent, text?: string): void;
  /**
   * The events between the last one and `position` are lost, because the whole log is, or because it was trimmed meanwhile.
   * Events go on behind `position`. `began` as in `Following`.
   */
  onLost(position: Position, began: number): void;
}

export interface Following {
  /** Where the topic stood when the following began: everything behind it is sent to the follower. */
  readonly position: Position;
  /**
   * When this log began, milliseconds since the Unix epoch: the same for everybody, and later than that of each log of the topic that
   * was lost before, as far as the clock of the store goes on.
   */
  readonly began: number;
  /**
   * To be called when a position of a topic without events is given to somebody who may come back with it: it then stays
   * valid for as long as an event would be kept. Without it, such a topic is forgotten when nobody follows it any more, so
   * that what does not exist leaves nothing behind. Returns at once.
   */
  keep(): void;
  /** Ends the following at once: the follower is not called any more. May be called twice. */
  close(): Promise<void>;
}

/** Where a topic stands, and which of its events passed a filter last. */
export interface Standing {
  readonly position: Position;
  /** As in `Following`. */
  readonly began: number;
  /** The offset of the last event that passed the value, 0 where none did; undefined where nobody knows. */
  readonly passed: number | undefined;
}

export interface AppendRequest {
  readonly topic: string;
  readonly event: NewEvent;
}

/** An event that was appended, and where. */
export interface AppendedEvent {
  readonly topic: string;
  readonly id: string;
  readonly position: Position;
  /** When, by the clock of whoever did it; milliseconds since the Unix epoch. */
  readonly at: number;
}

/**
 * Events behind an offset, or `lost` when the log no longer reaches back that far (or has another epoch). `position`: where the log stands, so that
 * one of the same epoch which is not ahead of it was trimmed away.
 */
export type ReadResult =
  | { readonly kind: 'events'; readonly events: readonly LoggedEvent[] }
  | { readonly kind: 'lost'; readonly position: Position };

/**
 * The newest events of each topic.
 *
 * - **Order**: offsets within a topic are consecutive, and every follower on every process sees them in that order.
 * - **Idempotence**: an event id is appended once per topic, as long as the log still holds it.
 * - **What passed before**: is decided when an event is appended, and the same for everybody who is ever given the event.
 * - **Durability**: the implementation says how durable it is. A log that was lost begins again under another epoch; no
 *   offset is ever used twice within one epoch.
 * - **Healing**: when a message is lost on its way to a follower, the implementation notices it from the offsets and reads
 *   the event from the log before it goes on. Only what the log no longer holds is reported with `onLost`.
 * - **Turns**: who appends may name a turn. What names a lower turn than the topic has seen is refused with StaleTurn, and nothing of
 *   it is appended to that topic: its sender stood still, and another one has taken over. So is what comes from a sender that has
 *   appended to a log which was lost since, where the new one has seen no turn yet: it may have stood still for as long. And so is,
 *   but for a log in a Redis Cluster, what comes from a sender that has begun its turns (`beginTurns`) before everything was lost. A
 *   turn that begins later is not refused.
 * - **Errors**: when `append` rejects, the events may or may not have been appended: append them again.
 */
export interface EventLog {
  /** Appends in the order given. Returns the position of each event, also of those that had been appended before. */
  append(requests: readonly AppendRequest[], turn?: number | null): Promise<Position[]>;
  /** To be called before anything is read that is appended in a turn, and again when a turn was refused. */
  beginTurns(): Promise<void>;
  /**
   * Those of these events that a log would still keep, and has not, though it is the same log: it has come back from an older copy of its
   * data. It begins again under another epoch then, since its positions behind that copy were given out, and maybe once more since.
   */
  findMissing(appended: readonly AppendedEvent[]): Promise<readonly AppendedEvent[]>;
  /** The position stays valid for as long as an event would be kept. */
  position(topic: string): Promise<Position>;
  /**
   * Where the topic stands, and the last of its events that passed this value; without a value, its last event. Unlike `position` it keeps
   * nothing: of a topic without events the position is soon as good as none.
   */
  standing(topic: string, value?: string): Promise<Standing>;
  /** At most `limit` events behind `after`, oldest first; an empty list when nothing is newer. */
  read(topic: string, after: Position, limit: number): Promise<ReadResult>;
  /** Resolves once everything that is appended from then on will reach the follower. */
  follow(topic: string, follower: Follower): Promise<Following>;
  close(): Promise<void>;
}

/** How many events each topic keeps. */
export interface EventLogBounds {
  /** Newest events kept per topic. */
  readonly maxEvents: number;
  /** Age in milliseconds after which an event is no longer kept. */
  readonly maxAgeMs: number;
}
