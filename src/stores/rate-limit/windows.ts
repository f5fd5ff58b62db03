/** Makes a limiter of rate-limiter-flexible for each rule, and reads what it answers. */
import { RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import type { RateLimitRule, RateLimitVerdict } from './rate-limit.ts';

export class RateLimitWindows<L extends RateLimiterAbstract> {
  readonly #limiters = new Map<string, L>();
  readonly #create: (name: string, rule: RateLimitRule) => L;

  constructor(create: (name: string, rule: RateLimitRule) => L) {
    this.#create = create;
  }

  /** `options` are passed to the limiter. */
  async consume(name: string, key: string, rule: RateLimitRule, options = {}): Promise<RateLimitVerdict> {
    try {
      const { remainingPoints } = await this.#limiterOf(name, rule).consume(key, 1, options);
      return { allowed: true, remaining: remainingPoints };
    } catch (verdict) {
      // When the points are used up, the library rejects with its result.
      if (!(verdict instanceof RateLimiterRes)) throw verdict;
      return { allowed: false, retryAfterMs: Math.max(1, Math.ceil(verdict.msBeforeNext)) };
    }
  }

  /** Drops all limiters, and returns them. */
  clear(): L[] {
    const limiters = [...this.#limiters.values()];
    this.#limiters.clear();
    return limiters;
  }

  #limiterOf(name: string, rule: RateLimitRule): L {
    const id = `${rule.points} ${rule.windowMs} ${name}`;
    const limiter = this.#limiters.get(id) ?? this.#create(name, rule);
    this.#limiters.set(id, limiter);
    return limiter;
  }
}
