/** Bounds how many tokens that another service refuses one address may have it asked about. */
import { LRUCache } from 'lru-cache';
import { mostEntries } from '../lib/memory/most-entries.ts';
import type { Clock } from '../lib/clock.ts';
import { ClientError } from '../lib/errors.ts';
import { createSemaphore, type Semaphore } from '../lib/turns/semaphore.ts';
import type { RateLimit } from '../stores/rate-limit/rate-limit.ts';
import { isRefusal } from './viewer.ts';

export interface RefusedTokensOptions {
  readonly rateLimit: RateLimit;
  /** Refused tokens of one address; null when they are not limited. */
  readonly perMinute: number | null;
  readonly clock: Clock;
  readonly onLimited: () => void;
}

const windowMs = 60_000;
/** Unknown tokens of one address that are asked about at a time: the limit may be passed by so many. */
const maxAtOnce = 8;
/** Unknown tokens of one address that wait for that. */
const maxWaiting = 1_000;
/** When to come back where too many wait. */
const comeBackMs = 1_000;
/** Addresses that are kept out at a time; of more than these, the first may ask once more. */
const maxAddresses = 50_000;

interface Line {
  readonly semaphore: Semaphore;
  length: number;
}

/**
 * Counts only what is refused: behind a router all viewers share one address, and the good tokens of many are not to be
 * counted against each other.
 */
export class RefusedTokens {
  readonly #options: RefusedTokensOptions;
  readonly #lines = new Map<string, Line>();
  readonly #keptOutUntil: LRUCache<string, number>;

  constructor(options: RefusedTokensOptions) {
    this.#options = options;
    this.#keptOutUntil = new LRUCache(mostEntries(maxAddresses));
  }

  /**
   * Checks a token of which nothing is known, when it is its turn.
   *
   * @throws what `check` throws; RATE_LIMITED with `retryAfterMs` where too many of this address were refused
   */
  async check<T>(address: string, check: () => Promise<T>): Promise<T> {
    const { perMinute } = this.#options;
    if (perMinute === null) return check();
    this.#assertNotKeptOut(address);
    const line = this.#lines.get(address) ?? { semaphore: createSemaphore(maxAtOnce), length: 0 };
    if (line.length >= maxAtOnce + maxWaiting) this.#turnAway(comeBackMs);
    this.#lines.set(address, line);
    line.length += 1;
    try {
      return await line.semaphore(async () => {
        this.#assertNotKeptOut(address);
        return this.#count(address, perMinute, check);
      });
    } finally {
      line.length -= 1;
      if (line.length === 0) this.#lines.delete(address);
    }
  }

  async #count<T>(address: string, perMinute: number, check: () => Promise<T>): Promise<T> {
    const { rateLimit, clock } = this.#options;
    try {
      return await check();
    } catch (error) {
      if (isRefusal(error)) {
        const verdict = await rateLimit.consume('refused-token', address, { points: perMinute, windowMs });
        if (!verdict.allowed) this.#keptOutUntil.set(address, clock.elapsed() + verdict.retryAfterMs);
      }
      throw error;
    }
  }

  #assertNotKeptOut(address: string): void {
    const leftMs = (this.#keptOutUntil.get(address) ?? 0) - this.#options.clock.elapsed();
    if (leftMs > 0) this.#turnAway(leftMs);
  }

  #turnAway(retryAfterMs: number): never {
    this.#options.onLimited();
    const message = 'Too many tokens of this address were refused; try again later.';
    throw new ClientError('RATE_LIMITED', message, { retryAfterMs: Math.ceil(retryAfterMs) });
  }
}
