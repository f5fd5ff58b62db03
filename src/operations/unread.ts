/** Bounds the bytes that were made for readers and that these have not taken yet: of each viewer, and of all together. */
import type { Viewer } from '../auth/viewer.ts';
import { ClientError } from '../lib/errors.ts';
import type { Metrics } from '../observability/metrics.ts';

export interface UnreadLimits {
  /** Bytes that may wait for the readers of one viewer, over all their connections. */
  readonly maxUnreadBytesPerViewer: number;
  /** Bytes that may wait for all readers together. */
  readonly maxUnreadBytes: number;
}

/** As much as a socket buffers by itself. So much of a single answer or stream is never what is in the way. */
export const smallBytes = 16 * 1024;
/** A reader that reads has made room by then; of one that does not, nobody can say. */
const retryAfterMs = 1_000;

/** What waits for the readers of all viewers. */
export class UnreadBytes {
  readonly limits: UnreadLimits;
  readonly metrics: Metrics;
  /** Bytes by viewer and by address, of those alone for whom something waits. */
  readonly #ofViewers = new Map<string, number>();
  readonly #ofAddresses = new Map<string, number>();
  /** Bytes in all. */
  total = 0;

  constructor(limits: UnreadLimits, metrics: Metrics) {
    this.limits = limits;
    this.metrics = metrics;
  }

  /** What counts for a viewer. */
  ofViewer({ id }: Viewer): Unread {
    return new Unread(this, this.#ofViewers, id);
  }

  /** What counts for whoever asks from an address, where nobody need say who they are. */
  ofAddress(address: string): Unread {
    return new Unread(this, this.#ofAddresses, address);
  }
}

/** What waits for the readers of one viewer. There are very many: it holds no more than it needs. */
export class Unread {
  readonly #all: UnreadBytes;
  readonly #bytes: Map<string, number>;
  readonly #key: string;

  constructor(all: UnreadBytes, bytes: Map<string, number>, key: string) {
    this.#all = all;
    this.#bytes = bytes;
    this.#key = key;
  }

  /** Counts so many bytes more, or fewer when negative. */
  add(bytes: number): void {
    const waiting = (this.#bytes.get(this.#key) ?? 0) + bytes;
    if (waiting > 0) this.#bytes.set(this.#key, waiting);
    else this.#bytes.delete(this.#key);
    this.#all.total += bytes;
    this.#all.metrics.unreadBytes.inc(bytes);
  }

  /**
   * Whether something may wait that would have so many bytes, `held` of which are counted already. What is alone may be of
   * any size, so that a bound below the largest result is no bound on results.
   */
  hasRoomFor(bytes: number, held: number): boolean {
    const { limits, metrics, total } = this.#all;
    const others = (this.#bytes.get(this.#key) ?? 0) - held;
    const fitsViewer = others === 0 || others + bytes <= limits.maxUnreadBytesPerViewer;
    const fits = fitsViewer && (bytes <= smallBytes || total - held + bytes <= limits.maxUnreadBytes);
    if (!fits) metrics.rateLimited.inc({ limit: 'unread' });
    return fits;
  }
}

/**
 * The answer of one request, from when it is asked for until its reader has taken it.
 *
 * It counts as a small one from the beginning, so that a viewer cannot have more asked at a time than may be answered.
 */
export class UnreadAnswer {
  readonly #unread: Unread;
  #held = 0;
  #released = false;

  /** @throws RATE_LIMITED when not even a small answer may wait */
  constructor(unread: Unread) {
    this.#unread = unread;
    if (!unread.hasRoomFor(smallBytes, 0)) throw tooMuchUnread();
    this.#hold(smallBytes);
  }

  /**
   * The answer was made.
   *
   * @throws RATE_LIMITED when it may not wait; LIMIT_EXCEEDED when that is so and `wasChange`
   */
  take(bytes: number, { wasChange }: { readonly wasChange: boolean }): void {
    if (bytes <= this.#held) return;
    // Who is told to try again would make the change twice.
    if (!this.#unread.hasRoomFor(bytes, this.#held)) throw wasChange ? answerLost() : tooMuchUnread();
    this.#hold(bytes);
  }

  /** The answer says why the request failed, and is sent whatever waits. */
  takeRefusal(bytes: number): void {
    if (bytes > this.#held) this.#hold(bytes);
  }

  /** It was taken, or is never going to be; safe to call twice. */
  release(): void {
    this.#hold(0);
    this.#released = true;
  }

  #hold(bytes: number): void {
    if (this.#released) return;
    this.#unread.add(bytes - this.#held);
    this.#held = bytes;
  }
}

function tooMuchUnread(): ClientError {
  const message = 'Too much waits to be read by you; read it, then try again.';
  return new ClientError('RATE_LIMITED', message, { retryAfterMs });
}

function answerLost(): ClientError {
  return new ClientError(
    'LIMIT_EXCEEDED',
    'The change was made, but its answer is not sent: too much waits to be read by you already.',
  );
}
