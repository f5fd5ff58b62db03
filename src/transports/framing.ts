/** What an outbox asks of its transport: how messages become bytes, and where they go. */

import type { Config } from '../config/config.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { FlushScheduler } from './flush-scheduler.ts';

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

/** What all outboxes of a transport have in common. */
export interface OutboxSettings {
  readonly framing: Framing;
  readonly scheduler: FlushScheduler;
  readonly metrics: Metrics;
  /** How many bytes may wait beside one larger message. With more the reader is too slow. */
  readonly maxBytes: number;
  /** Bytes that a message may have for which the outbox is empty: a reader that keeps up gets it, whatever its size. */
  readonly maxMessageBytes: number;
}

/** Whose outbox it is. */
export interface OutboxOwner {
  /** More waits than may: called once. */
  overflowed(): void;
  /**
   * Called when frames are about to be written, at `now` by `Clock.elapsed`: what it adds is written with them. Returns until when it
   * need not be called again, unless the outbox is told `noteAsked` before: an owner has much that lies far apart in memory.
   */
  beforeWrite?(now: number): number;
}

type SettingsContext = Pick<OutboxSettings, 'scheduler' | 'metrics'> & {
  readonly config: Pick<Config, 'realtime' | 'limits'>;
};

export function outboxSettings(
  { scheduler, metrics, config }: SettingsContext,
  framing: Framing,
): OutboxSettings {
  const maxBytes = config.realtime.outboxMaxBytes;
  return { framing, scheduler, metrics, maxBytes, maxMessageBytes: maxMessageBytes(config) };
}

/** Bytes of the largest message: a result is measured before it is written, and what JSON escapes takes more. */
export function maxMessageBytes({ limits }: Pick<Config, 'limits'>): number {
  return 2 * limits.maxResultBytes;
}
