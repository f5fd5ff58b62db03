/** Owns what a group hands to its members: the bytes of one result, made once and shared by all. */

/** An execution result as it goes to clients, the operation id in front of it aside. */
export interface Frame {
  /** The JSON of the execution result, UTF-8. */
  readonly payload: Buffer;
  /** Unsent frames of one subscription with an equal key may give way to the newest. */
  readonly conflationKey: string | undefined;
}

/** Where a subscription's frames go: a socket's outbox, mostly. */
export interface Subscriber {
  /** Takes a frame. Never throws, never waits. */
  send(frame: Frame): void;
  /** Undefined while there is room; else resolves when there is room again, or never, when the subscriber ended. */
  ready(): Promise<void> | undefined;
  /** The stream can't go on from here, but may from the client's cursor: ask it to come back. */
  disconnect(reason: string): void;
}
