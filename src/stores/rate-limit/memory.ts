/** The rate limits of a single process. */
import { LRUCache } from 'lru-cache';
import { mostEntries } from '../../lib/memory/most-entries.ts';
import type { Clock } from '../../lib/clock.ts';
import type { RateLimit, RateLimitRule, RateLimitVerdict } from './rate-limit.ts';

interface Window {
  /** By `Clock.elapsed`. */
  readonly endsAt: number;
  used: number;
}

/** How many windows are counted at a time. With more, the one that was used the longest ago begins anew. */
const maxWindows = 50_000;

export class RateLimitMemory implements RateLimit {
  readonly #clock: Clock;
  readonly #windows = new LRUCache<string, Window>(mostEntries(maxWindows));

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  async consume(name: string, key: string, { points, windowMs }: RateLimitRule): Promise<RateLimitVerdict> {
    const now = this.#clock.elapsed();
    const id = `${points} ${windowMs} ${name} ${key}`;
    let window = this.#windows.get(id);
    if (!window || window.endsAt <= now) {
      window = { endsAt: now + windowMs, used: 0 };
      this.#windows.set(id, window);
    }
    if (window.used >= points) return { allowed: false, retryAfterMs: Math.ceil(window.endsAt - now) };
    window.used += 1;
    return { allowed: true, remaining: points - window.used };
  }

  async close(): Promise<void> {
    this.#windows.clear();
  }
}
