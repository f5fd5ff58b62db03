/** The bounded queue of results that wait to be sent to one callback address, in order. */
import type { Viewer } from '../../auth/viewer.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { smallBytes, type Unread } from '../../operations/unread.ts';
import type { Frame } from '../../realtime/frame.ts';
import type { StreamPosition } from '../../realtime/resumption.ts';
import { maxMessageBytes } from '../framing.ts';
import type { TransportContext } from '../transport.ts';

export interface CallbackQueueOptions {
  /** Bytes that may wait. */
  readonly maxBytes: number;
  /** Bytes that a result may have for which the queue is empty. */
  readonly maxMessageBytes: number;
  /** Where what waits is counted. */
  readonly unread: Unread;
  readonly metrics: Metrics;
}

export interface WaitingResult {
  readonly frame: Frame;
  /** What its router has when it has taken it, and everything before it; null where nobody can say that. */
  readonly position: StreamPosition | null;
}

/** A waiting result is replaced by a newer one with the same conflation key. Results without a key are never dropped. */
export class CallbackQueue {
  readonly #options: CallbackQueueOptions;
  #waiting: WaitingResult[] = [];
  #bytes = 0;
  #ended = false;
  #whenRoom: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(options: CallbackQueueOptions) {
    this.#options = options;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a result. False when more bytes wait now than may. */
  push(result: WaitingResult): boolean {
    if (this.#ended) return true;
    const { frame } = result;
    const { conflationKey } = frame;
    const older =
      conflationKey === undefined
        ? -1
        : this.#waiting.findIndex((waiting) => waiting.frame.conflationKey === conflationKey);
    if (older >= 0) {
      this.#count(-this.#waiting[older]!.frame.payload.length);
      // It goes before others that are older.
      this.#waiting[older] = { frame, position: null };
      this.#options.metrics.conflated.inc();
    } else {
      this.#waiting.push(result);
    }
    this.#count(frame.payload.length);
    return this.#mayWait();
  }

  #mayWait(): boolean {
    const { maxBytes, maxMessageBytes, unread } = this.#options;
    if (this.#bytes > (this.#waiting.length === 1 ? maxMessageBytes : maxBytes)) return false;
    return this.#bytes <= smallBytes || unread.hasRoomFor(this.#bytes, this.#bytes);
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Takes the oldest result. */
  shift(): WaitingResult | undefined {
    const waiting = this.#waiting.shift();
    if (waiting) this.#count(-waiting.frame.payload.length);
    if (this.#hasRoom) this.#tellRoom();
    return waiting;
  }

  /** Undefined while less than half of the bound waits; else resolves when that is so again, or when the queue ends. */
  ready(): Promise<void> | undefined {
    if (this.#hasRoom) return undefined;
    this.#whenRoom ??= Promise.withResolvers<void>();
    return this.#whenRoom.promise;
  }

  /** Forgets what waits and takes nothing more. */
  end(): void {
    this.#ended = true;
    this.#waiting = [];
    this.#count(-this.#bytes);
    this.#tellRoom();
  }

  get #hasRoom(): boolean {
    return this.#ended || 2 * this.#bytes < this.#options.maxBytes;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#options.metrics.outboxBytes.inc(bytes);
    this.#options.unread.add(bytes);
  }

  #tellRoom(): void {
    this.#whenRoom?.resolve();
    this.#whenRoom = undefined;
  }
}

export const createQueue = ({ config, unread, metrics }: TransportContext, viewer: Viewer): CallbackQueue =>
  new CallbackQueue({
    maxBytes: config.realtime.outboxMaxBytes,
    maxMessageBytes: maxMessageBytes(config),
    unread: unread.ofViewer(viewer),
    metrics,
  });
