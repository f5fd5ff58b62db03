/** What every implementation of rate limits promises. */
import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/lib/clock.ts';
import { RateLimitMemory } from '../../src/stores/rate-limit/memory.ts';
import type { RateLimit } from '../../src/stores/rate-limit/rate-limit.ts';
import { RateLimitRedis } from '../../src/stores/rate-limit/redis.ts';
import { tTwinStores } from '../support/twin-stores.ts';

const implementations = tTwinStores<RateLimit>({
  inMemory: (clock) => new RateLimitMemory({ clock }),
  onRedis: (redis) => new RateLimitRedis({ redis, clock: systemClock }),
});

describe.each(implementations)('a rate limit %s', (_name, tLimit) => {
  test('allows what the rule says and no more, counted over all processes', async () => {
    await using subject = await tLimit();
    const { store: limit, twin } = subject;
    const rule = { points: 3, windowMs: 60_000 };
    expect(await limit.consume('mutate', 'ana', rule)).toEqual({ allowed: true, remaining: 2 });
    expect(await twin.consume('mutate', 'ana', rule)).toEqual({ allowed: true, remaining: 1 });
    expect(await limit.consume('mutate', 'ana', rule)).toEqual({ allowed: true, remaining: 0 });
    let leftMs = rule.windowMs;
    for (const process of [limit, twin]) {
      const verdict = await process.consume('mutate', 'ana', rule);
      if (verdict.allowed) throw new Error('The fourth use was allowed.');
      expect(verdict.retryAfterMs).toBeLessThanOrEqual(leftMs);
      leftMs = verdict.retryAfterMs;
    }
  });

  test('counts every name and every key for itself', async () => {
    await using subject = await tLimit();
    const { store: limit } = subject;
    const rule = { points: 1, windowMs: 60_000 };
    for (const [name, key] of [
      ['mutate', 'ana'],
      ['mutate', 'berta'],
      ['subscribe', 'ana'],
      ['subscribe', '::1 {ñ}'],
    ] as const) {
      expect(await limit.consume(name, key, rule)).toEqual({ allowed: true, remaining: 0 });
      expect((await limit.consume(name, key, rule)).allowed).toBe(false);
    }
  });

  test('of many uses at the same time it allows exactly as many as the rule says', async () => {
    await using subject = await tLimit();
    const { store: limit, twin } = subject;
    const rule = { points: 25, windowMs: 60_000 };
    const verdicts = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 ? limit : twin).consume('subscribe', 'ana', rule)),
    );
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(25);
  });

  test.each([600, 1_500, 60_000])(
    'a window of %d ms is as long as that, and not whole seconds',
    async (windowMs) => {
      await using subject = await tLimit();
      // What is refused in the moment in which a window begins is told all of it.
      const verdict = await subject.store.consume('mutate', 'ana', { points: 0, windowMs });
      if (verdict.allowed) throw new Error('A use was allowed where there is none.');
      expect(verdict.retryAfterMs).toBeLessThanOrEqual(windowMs);
      expect(verdict.retryAfterMs / windowMs).toBeGreaterThan(0.8);
    },
  );

  test('opens a new window when the one before has ended, which no refusal prolongs', async () => {
    await using subject = await tLimit();
    const { store: limit, twin, wait } = subject;
    const minuteMs = 60_000;
    const rule = { points: 2, windowMs: 10 * minuteMs };
    await limit.consume('mutate', 'ana', rule);
    await limit.consume('mutate', 'ana', rule);
    await wait(9 * minuteMs);
    const refused = await twin.consume('mutate', 'ana', rule);
    if (refused.allowed) throw new Error('The third use was allowed.');
    expect(refused.retryAfterMs).toBeLessThanOrEqual(minuteMs);
    await wait(refused.retryAfterMs);
    expect(await limit.consume('mutate', 'ana', rule)).toEqual({ allowed: true, remaining: 1 });
  });
});
