/** Bounds how many of something may be open at the same time. */
import type { Clock } from '../lib/clock.ts';
import { ClientError } from '../lib/errors.ts';
import { GrowingPauses } from '../lib/growing-pauses.ts';

export interface Quota {
  /**
   * Takes one.
   *
   * @throws LIMIT_EXCEEDED when none is left
   */
  take(): void;
  /** Gives one back. */
  release(): void;
}

/** When to come back, for whoever finds a quota used up: what takes it may be left, or have been left without a word. */
const pauses = { firstMs: 1_000, maxMs: 30_000, forgetMs: 60_000 };

/** One quota for each key. A key that has nothing open takes no memory. */
export class QuotaByKey {
  readonly #max: number;
  readonly #message: string;
  readonly #taken = new Map<string, number>();
  readonly #pauses: GrowingPauses;

  /** `message` is what a client is told when they want more than `max`. */
  constructor(max: number, message: string, clock: Pick<Clock, 'elapsed'>) {
    this.#max = max;
    this.#message = message;
    this.#pauses = new GrowingPauses({ ...pauses, clock });
  }

  /** How many are open, all keys together. */
  get taken(): number {
    let sum = 0;
    for (const taken of this.#taken.values()) sum += taken;
    return sum;
  }

  of(key: string): Quota {
    return new KeyQuota(this, key);
  }

  /** For what is open already, and was elsewhere until now: it counts, and is never refused. */
  ofOpen(key: string): Quota {
    return { take: () => this.#count(key), release: () => this.release(key) };
  }

  /** @throws LIMIT_EXCEEDED, with when to come back, when none is left for the key */
  take(key: string): void {
    if ((this.#taken.get(key) ?? 0) >= this.#max)
      throw new ClientError('LIMIT_EXCEEDED', this.#message, { retryAfterMs: this.#pauses.next(key) });
    this.#count(key);
  }

  release(key: string): void {
    const left = this.#taken.get(key)! - 1;
    if (left > 0) this.#taken.set(key, left);
    else this.#taken.delete(key);
  }

  #count(key: string): void {
    this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1);
  }
}

/** The quota of one key. Every connection has some, and two functions for each would take four times the memory. */
class KeyQuota implements Quota {
  readonly #quotas: QuotaByKey;
  readonly #key: string;

  constructor(quotas: QuotaByKey, key: string) {
    this.#quotas = quotas;
    this.#key = key;
  }

  take(): void {
    this.#quotas.take(this.#key);
  }

  release(): void {
    this.#quotas.release(this.#key);
  }
}

/**
 * A smaller quota within another one: what is taken here is taken there too. Whoever has used it up is not told to come
 * back: nobody else has a part of it.
 */
export class InnerQuota implements Quota {
  readonly #max: number;
  readonly #message: string;
  readonly #outer: Quota;
  #taken = 0;

  constructor(max: number, message: string, outer: Quota) {
    this.#max = max;
    this.#message = message;
    this.#outer = outer;
  }

  take(): void {
    if (this.#taken >= this.#max) throw new ClientError('LIMIT_EXCEEDED', this.#message);
    this.#outer.take();
    this.#taken += 1;
  }

  release(): void {
    this.#taken -= 1;
    this.#outer.release();
  }
}

/** Several quotas as one: what is taken here counts in each of them, or in none. */
export class JointQuota implements Quota {
  readonly #quotas: readonly Quota[];

  constructor(quotas: readonly Quota[]) {
    this.#quotas = quotas;
  }

  take(): void {
    const taken: Quota[] = [];
    try {
      for (const quota of this.#quotas) {
        quota.take();
        taken.push(quota);
      }
    } catch (error) {
      for (const quota of taken) quota.release();
      throw error;
    }
  }

  release(): void {
    for (const quota of this.#quotas) quota.release();
  }
}
