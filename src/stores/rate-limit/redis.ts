/** The rate limits of all processes together, and of this one alone while Redis is away. */
import { RateLimiterRedis, type RateLimiterMemory } from 'rate-limiter-flexible';
import { clearMemoryLimiter, createMemoryLimiter } from './memory.ts';
import { RateLimitWindows } from './windows.ts';
import type { RateLimit, RateLimitRule, RateLimitVerdict } from './rate-limit.ts';
import type { RedisConnections } from '../redis-connections.ts';

/** Windows may be parts of a second, which the library's own script rounds. ARGV: points used, whole seconds, points, seconds. */
const countInWindow = `
  redis.call('SET', KEYS[1], 0, 'PX', math.floor(ARGV[4] * 1000 + 0.5), 'NX')
  return {redis.call('INCRBY', KEYS[1], ARGV[1]), redis.call('PTTL', KEYS[1])}
`;

export class RateLimitRedis implements RateLimit {
  readonly #redis: RedisConnections;
  readonly #insurances: RateLimiterMemory[] = [];
  readonly #windows = new RateLimitWindows((name, rule) => this.#createLimiter(name, rule));

  constructor({ redis }: { readonly redis: RedisConnections }) {
    this.#redis = redis;
  }

  consume(name: string, key: string, rule: RateLimitRule): Promise<RateLimitVerdict> {
    // With less than a second the library would set no expiry at all.
    return this.#windows.consume(name, key, rule, { customDuration: Math.max(1, rule.windowMs / 1000) });
  }

  async close(): Promise<void> {
    this.#windows.clear();
    for (const limiter of this.#insurances.splice(0)) await clearMemoryLimiter(limiter);
  }

  #createLimiter(name: string, rule: RateLimitRule): RateLimiterRedis {
    const insuranceLimiter = createMemoryLimiter(rule);
    this.#insurances.push(insuranceLimiter);
    return new RateLimiterRedis({
      storeClient: this.#redis.failFast,
      keyPrefix: this.#redis.key(`rate:${name}`),
      points: rule.points,
      duration: rule.windowMs / 1000,
      customIncrTtlLuaScript: countInWindow,
      rejectIfRedisNotReady: true,
      insuranceLimiter,
    });
  }
}
