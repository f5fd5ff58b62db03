/** What waits here because it was refused for a while: how long, and how much of it there may be. */
import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import { backoff } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { retryAfterMsOf } from '../lib/errors.ts';
import { mebibyte } from '../lib/memory/bytes.ts';
import type { Metrics } from '../observability/metrics.ts';

export interface WaitsOptions {
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** As many may wait: a connection that broke brings all of them back. */
  readonly maxSubscriptionsPerViewer: number;
}

/** All together, and their bytes, of one viewer and of all. */
const maxWaiting = 50_000;
const maxBytesPerViewer = 8 * mebibyte;
const maxBytes = 64 * mebibyte;
/** What one that waits takes beside its text, about, bytes. */
const bytesOfWait = 2 * 1024;

/** The longest wait for a limit of a rate, which says when it is over, and for the rest, milliseconds. Then the client waits instead. */
const longestForRateMs = 60_000;
const longestMs = 10_000;
/** Where nobody says when to try again. */
const pauses = { firstMs: 250, maxMs: 2_000 };

export class Waits {
  readonly #options: WaitsOptions;
  readonly #ofViewers = new Map<string, { count: number; bytes: number }>();
  #count = 0;
  #bytes = 0;

  constructor(options: WaitsOptions) {
    this.#options = options;
  }

  /** Begins a wait of a viewer, which keeps so many bytes; undefined when too much waits already. */
  begin(viewerId: string, textBytes = 0): Wait | undefined {
    const bytes = textBytes + bytesOfWait;
    const own = this.#ofViewers.get(viewerId) ?? { count: 0, bytes: 0 };
    const isFull =
      own.count >= this.#options.maxSubscriptionsPerViewer ||
      own.bytes + bytes > maxBytesPerViewer ||
      this.#count >= maxWaiting ||
      this.#bytes + bytes > maxBytes;
    if (isFull) return undefined;
    this.#add(viewerId, 1, bytes);
    return new Wait(this.#options.clock, () => this.#add(viewerId, -1, -bytes));
  }

  #add(viewerId: string, count: number, bytes: number): void {
    const own = this.#ofViewers.get(viewerId) ?? { count: 0, bytes: 0 };
    own.count += count;
    own.bytes += bytes;
    if (own.count > 0) this.#ofViewers.set(viewerId, own);
    else this.#ofViewers.delete(viewerId);
    this.#count += count;
    this.#bytes += bytes;
    this.#options.metrics.waiting.inc(count);
  }
}

/** One wait, from its first pause until `end`. */
export class Wait {
  readonly #clock: Clock;
  readonly #since: number;
  readonly #pauses = backoff(pauses);
  #hasPausedForRoom = false;
  /** To be called once. */
  readonly end: () => void;

  constructor(clock: Clock, end: () => void) {
    this.#clock = clock;
    this.#since = clock.elapsed();
    this.end = end;
  }

  /**
   * Waits until it may help to try again after this error, or until `signal` is aborted. Resolves with false at once when it
   * has waited for long enough.
   */
  async pause(
    error: Pick<GraphQLError, 'extensions'> | GraphQLFormattedError,
    signal: AbortSignal,
  ): Promise<boolean> {
    const code = error.extensions?.['code'];
    const longest = code === 'RATE_LIMITED' ? longestForRateMs : longestMs;
    const leftMs = this.#since + longest - this.#clock.elapsed();
    if (leftMs <= 0 || this.#hasPausedForRoom) return false;
    // Once: how long grows with each who comes too early.
    this.#hasPausedForRoom = code === 'LIMIT_EXCEEDED';
    const pauseMs = Math.max(retryAfterMsOf(error) ?? 0, this.#pauses.next().value);
    await this.#clock.sleep(Math.min(pauseMs, leftMs), signal);
    return true;
  }
}
