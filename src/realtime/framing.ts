/** Owns the seam between an outbox and its transport: how messages become bytes. */

/** A message that waits for its socket. */
export interface Message {
  /** For a frame, what tells its operation on this transport; empty for a text of the protocol, which goes out as it is. */
  readonly id: string;
  readonly payload: Buffer;
}

export interface Framing {
  /** Bytes of a message, as they count against the outbox's bound. */
  bytesOf(message: Message): number;
  /** Bytes that `write` takes for a message. */
  sizeOf(message: Message): number;
  /** Writes a message into the buffer and returns where it ends. */
  write(buffer: Buffer, start: number, message: Message): number;
}
