/** Topics: the key of an ordered stream of events, and how its events are read. */
import type { Follower, Following, LoggedEvent, Position } from '../../stores/event-log/event-log.ts';
import type { CursorText } from '../cursors/lazy-cursor.ts';

/** A kind of topic: all topics whose events have the same type. Each module declares its own in `events.ts`. */
export interface TopicKind<E> {
  /** The part of the key before the colon, or the whole key where there is one topic of the kind: `dispatch`, `dispatches`. */
  readonly name: string;
  /** Reads the data of an event. Throws when it is not of this kind: the event is then counted, logged and skipped. */
  parse(data: unknown): E;
  /**
   * What the event is about, and a number that grows with every change of it. A subscriber who was sent a snapshot of
   * `subject` at `version` is not sent the events up to that version.
   */
  identify(event: E): { readonly subject: string; readonly version: number };
  /**
   * When a client reads slowly, unsent frames with an equal key are replaced by the newest one. Where this is absent, every
   * event reaches the client.
   */
  conflationKey?(event: E): string;
}

/** Where the events of a topic come from of which no log is kept. Its epoch is another one whenever it is followed anew. */
export interface LiveFeed {
  /** As `EventLog.follow`. */
  follow(follower: Follower): Promise<Following>;
}

/** One ordered stream of events. */
export interface Topic<E> {
  /** `dispatch:{id}`, `dispatches`, `location:{despachoId}`, `user:{id}`, `users`, `message:{channel}` */
  readonly key: string;
  readonly kind: TopicKind<E>;
  /**
   * Of a topic that is in no event log, but made of others in this process. Nothing is kept of it: whoever comes back begins with a
   * snapshot, and is told what they have missed by the source.
   */
  readonly live?: LiveFeed;
  /** Topics whose cursors may be sent to one another; default: the key, so that there are none. */
  readonly cursorsOf?: string;
}

/** An event as sources and resolvers get it. */
export interface TopicEvent<E> extends Omit<LoggedEvent, 'data' | 'before'>, Position {
  readonly event: E;
  /** When the log began that has it: see `Following.began`. */
  readonly began: number;
  readonly before: LoggedEvent['before'] | undefined;
  /** The trace that it is a part of, where that is recorded. */
  readonly traceparent?: string;
  /** The position of the event as a cursor for clients. */
  readonly cursor: CursorText;
}
