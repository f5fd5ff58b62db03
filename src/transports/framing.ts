/** Owns the seam between an outbox and its transport: how messages become bytes. */

/** A message that waits for its socket. */
export interface Message {
  /** What this transport writes before a frame, in characters that are bytes; empty for a text of the protocol, which goes out as it is. */
  readonly head: string;
  readonly payload: Buffer;
}

export interface Framing {
  /** Bytes that `write` takes for a message. */
  sizeOf(message: Message): number;
  /** Writes a message into the buffer and returns where it ends. */
  write(buffer: Buffer, start: number, message: Message): number;
}
