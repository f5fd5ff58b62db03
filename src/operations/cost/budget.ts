/** How much one key may use within a minute, counted in this process. */
import { LRUCache } from 'lru-cache';
import { mostEntries } from '../../lib/memory/most-entries.ts';
import type { Clock } from '../../lib/clock.ts';

const windowMs = 60_000;
/** How many keys are counted at a time. With more, the one that was used the longest ago begins anew. */
const maxKeys = 50_000;

interface Window {
  readonly endsAt: number;
  used: number;
}

/** Fixed windows, which begin with the first use. */
export class Budget {
  readonly #perMinute: number;
  readonly #clock: Clock;
  readonly #windows = new LRUCache<string, Window>(mostEntries(maxKeys));

  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  /**
   * Uses `amount`. When less than that is left, uses nothing and returns the milliseconds until the window ends. An amount
   * that is larger than a whole window is let through when the window is still unused.
   */
  use(key: string, amount: number): number | undefined {
    const now = this.#clock.elapsed();
    let window = this.#windows.get(key);
    if (!window || window.endsAt <= now) {
      window = { endsAt: now + windowMs, used: 0 };
      this.#windows.set(key, window);
    }
    if (window.used > 0 && window.used + amount > this.#perMinute) return window.endsAt - now;
    window.used += amount;
    return undefined;
  }

  /** Takes back a use that turned out to be none. */
  giveBack(key: string, amount: number): void {
    const window = this.#windows.get(key);
    if (window) window.used = Math.max(0, window.used - amount);
  }
}
