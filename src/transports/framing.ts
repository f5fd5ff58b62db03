/** What an outbox asks of its transport: how messages become bytes, and where they go. */

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

/** Frames that are their head, their payload, and this. */
export function framingWithTail(text: string): Framing {
  const tail = Buffer.from(text);
  return {
    sizeOf: ({ head, payload }) => head.length + payload.length + (head === '' ? 0 : tail.length),
    write(buffer, start, { head, payload }) {
      if (head === '') return start + payload.copy(buffer, start);
      let at = start + buffer.write(head, start, 'latin1');
      at += payload.copy(buffer, at);
      return at + tail.copy(buffer, at);
    },
  };
}

/** What an outbox uses of a `net.Socket` or of an HTTP response. */
export interface OutboxSocket {
  /** Bytes that were written, and that the operating system has not taken yet. */
  readonly writableLength: number;
  /** False when the socket's own buffer is full. When it is empty again, `drained` is to be called. */
  write(bytes: Buffer): boolean;
  readonly destroyed: boolean;
}
