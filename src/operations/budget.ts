/** How much one key may use within a minute, counted in this process. */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.ts';

const windowMs = 60_000;
/** Keys that are counted at a time. Of more than these, the one that used something the longest ago begins anew. */
const maxKeys = 50_000;

interface Window {
  readonly endsAt: number;
  used: number;
}

/** Fixed windows, which begin with the first use. */
export class Budget {
  readonly #perMinute: number;
  readonly #clock: Clock;
  readonly #windows = new LRUCache<string, Window>({ max: maxKeys });

  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  /**
   * Uses `amount`, unless less than that is left: then nothing is used, and the milliseconds until the window ends are
   * returned. What alone is more than a whole window has is let through in a window that nothing was used of.
   */
  use(key: string, amount: number): number | undefined {
    const now = this.#clock.now();
    let window = this.#windows.get(key);
    if (!window || window.endsAt <= now) {
      window = { endsAt: now + windowMs, used: 0 };
      this.#windows.set(key, window);
    }
    if (window.used > 0 && window.used + amount > this.#perMinute) return window.endsAt - now;
    window.used += amount;
    return undefined;
  }
}
