/** What an outbox asks of its transport: how messages become bytes. */

/** A message that waits to be written. */
export interface Message {
  /** What is written before a frame, in Latin-1; empty for a message of the protocol, which is written as it is. */
  readonly head: string;
  readonly payload: Buffer;
}

export interface Framing {
  /** Bytes that `write` takes for a message. */
  sizeOf(message: Message): number;
  /** Writes a message into the buffer and returns where it ends. */
  write(buffer: Buffer, start: number, message: Message): number;
}
