/** The rate limits of a single process. */
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { RateLimitWindows } from './windows.ts';
import type { RateLimit, RateLimitRule, RateLimitVerdict } from './rate-limit.ts';

/** Takes no clock: the library reads the system's time itself. */
export class RateLimitMemory implements RateLimit {
  readonly #windows = new RateLimitWindows((_name, rule) => createMemoryLimiter(rule));

  consume(name: string, key: string, rule: RateLimitRule): Promise<RateLimitVerdict> {
    return this.#windows.consume(name, key, rule);
  }

  async close(): Promise<void> {
    for (const limiter of this.#windows.clear()) await clearMemoryLimiter(limiter);
  }
}

export function createMemoryLimiter(rule: RateLimitRule): RateLimiterMemory {
  return new RateLimiterMemory({ points: rule.points, duration: rule.windowMs / 1000 });
}

/** Each key has a timer that ends its window, and deleting the key stops the timer. */
export async function clearMemoryLimiter(limiter: RateLimiterMemory): Promise<void> {
  for (const { key } of limiter.dump().storage) await limiter.delete(key);
}
