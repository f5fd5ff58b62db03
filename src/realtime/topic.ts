/** Owns what a topic is to the hub: a key, and how to read the events on it. */
import type { LoggedEvent } from '../stores/event-log/event-log.ts';

/** A family of topics whose events are of one type. Each module declares its own in `events.ts`. */
export interface TopicKind<E> {
  /** The word before the colon of the key, or the whole key of a family of one: `dispatch`, `dispatches`. */
  readonly name: string;
  /** Reads what was logged. Throws when it is not of this kind: the event is then counted, logged and passed over. */
  parse(data: unknown): E;
  /**
   * What the event is about, and the number that grows with every change of it. A subscriber who was shown a snapshot of
   * `subject` at `version` is not shown the events up to that version.
   */
  identify(event: E): { readonly subject: string; readonly version: number };
  /**
   * Unsent frames with an equal key may be replaced by the newest one when a client reads slowly. Absent: every event
   * reaches the client.
   */
  conflationKey?(event: E): string;
}

/** One ordered stream of events. */
export interface Topic<E> {
  /** `dispatch:{id}`, `dispatches`, `location:{despachoId}`, `user:{id}`, `users`, `message:{channel}` */
  readonly key: string;
  readonly kind: TopicKind<E>;
}

/** An event as it is handed to filters and to execution. */
export interface TopicEvent<E> extends Omit<LoggedEvent, 'data'> {
  readonly event: E;
  /** Where the event stands, in the form clients get. */
  readonly cursor: string;
}
