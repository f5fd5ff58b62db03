/** The rate limits of all processes together, and of this one alone while Redis is away. */
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Clock } from '../../lib/clock.ts';
import { RateLimitMemory } from './memory.ts';
import type { RateLimit, RateLimitRule, RateLimitVerdict } from './rate-limit.ts';
import type { RedisConnections } from '../redis-connections.ts';

/** Windows may be parts of a second, which the library's own script rounds. ARGV: points used, whole seconds, points, seconds. */
const countInWindow = `
  redis.call('SET', KEYS[1], 0, 'PX', math.floor(ARGV[4] * 1000 + 0.5), 'NX')
  return {redis.call('INCRBY', KEYS[1], ARGV[1]), redis.call('PTTL', KEYS[1])}
`;

export class RateLimitRedis implements RateLimit {
  readonly #redis: RedisConnections;
  readonly #alone: RateLimitMemory;
  /** One for each name and rule, which are a few. */
  readonly #limiters = new Map<string, RateLimiterRedis>();

  constructor({ redis, clock }: { readonly redis: RedisConnections; readonly clock: Clock }) {
    this.#redis = redis;
    this.#alone = new RateLimitMemory({ clock });
  }

  async consume(name: string, key: string, rule: RateLimitRule): Promise<RateLimitVerdict> {
    // With less than a second the library would set no expiry at all.
    const options = { customDuration: Math.max(1, rule.windowMs / 1000) };
    try {
      const { remainingPoints } = await this.#limiterOf(name, rule).consume(key, 1, options);
      return { allowed: true, remaining: remainingPoints };
    } catch (verdict) {
      // When the points are used up, the library rejects with its result; with an error where Redis cannot be asked.
      if (!(verdict instanceof RateLimiterRes)) return this.#alone.consume(name, key, rule);
      return { allowed: false, retryAfterMs: Math.max(1, Math.ceil(verdict.msBeforeNext)) };
    }
  }

  async close(): Promise<void> {
    this.#limiters.clear();
    await this.#alone.close();
  }

  #limiterOf(name: string, rule: RateLimitRule): RateLimiterRedis {
    const id = `${rule.points} ${rule.windowMs} ${name}`;
    const limiter = this.#limiters.get(id) ?? this.#createLimiter(name, rule);
    this.#limiters.set(id, limiter);
    return limiter;
  }

  #createLimiter(name: string, rule: RateLimitRule): RateLimiterRedis {
    return new RateLimiterRedis({
      storeClient: this.#redis.failFast,
      keyPrefix: this.#redis.key(`rate:${name}`),
      points: rule.points,
      duration: rule.windowMs / 1000,
      customIncrTtlLuaScript: countInWindow,
      rejectIfRedisNotReady: true,
    });
  }
}
