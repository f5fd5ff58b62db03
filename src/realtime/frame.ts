/** What a group sends to its members: the bytes of one result, which are made once and shared by all. */

import type { CursorText } from './cursors/lazy-cursor.ts';

/** An execution result as clients get it, without the id of their operation. */
export interface Frame {
  /** The JSON of the execution result, UTF-8. */
  readonly payload: Buffer;
  /** Of the unsent frames of a subscription that have an equal key, only the newest need be sent. */
  readonly conflationKey: string | undefined;
  /** With which a stream goes on behind it. */
  readonly cursor: CursorText;
  /** The trace of its event, where that is recorded. */
  readonly traceparent?: string;
}

/** Where the frames of a subscription go: in most cases the outbox of a socket. */
export interface Subscriber {
  /** Takes a frame. Never throws, never waits. */
  send(frame: Frame): void;
  /** Undefined while frames can be sent; otherwise resolves when they can again, or never if the subscriber has ended. */
  ready(): Promise<void> | undefined;
  /** The stream cannot go on: disconnects the client, who may come back with their cursor. */
  disconnect(reason: string): void;
}
