/** What every implementation of rate limits promises. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/observability/log.ts';
import { RateLimitMemory } from '../../src/stores/rate-limit/memory.ts';
import { RateLimitRedis } from '../../src/stores/rate-limit/redis.ts';
import type { RateLimit } from '../../src/stores/rate-limit/rate-limit.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { ManualClock } from '../support/clock.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

interface Subject extends AsyncDisposable {
  readonly limit: RateLimit;
  /** The same limits in another process, where the implementation knows such a thing. */
  readonly twin: RateLimit;
  /** Resolves when this much time has passed for the limits. */
  wait(ms: number): Promise<void>;
}

let server: TestRedis;
let nextPrefix = 0;

beforeAll(async () => {
  server = await tRedis();
});
afterAll(() => server.stop());

async function tMemory(): Promise<Subject> {
  const clock = new ManualClock();
  const limit = new RateLimitMemory({ clock });
  return {
    limit,
    twin: limit,
    wait: (ms) => clock.advance(ms),
    async [Symbol.asyncDispose]() {
      await limit.close();
      expect(clock.pending).toBe(0);
    },
  };
}

async function tShared(): Promise<Subject> {
  const log = createLogger('silent');
  const keyPrefix = `contract-${nextPrefix++}:`;
  const createProcess = (name: string) => {
    const redis = new RedisConnections({ url: server.url, keyPrefix, name, commandTimeoutMs: 240_000, log });
    return { redis, limit: new RateLimitRedis({ redis, clock: systemClock }) };
  };
  const one = createProcess('one');
  const two = createProcess('two');
  // Until then each would count for itself, as it would after an answer that is late.
  await until('both are connected', () => [one, two].every(({ redis }) => redis.failFast.status === 'ready'));
  return {
    limit: one.limit,
    twin: two.limit,
    wait: (ms) => server.age(keyPrefix, ms),
    async [Symbol.asyncDispose]() {
      for (const { limit, redis } of [one, two]) {
        await limit.close();
        await redis.close();
      }
      expect(await server.leftovers()).toEqual({ persistentKeys: [], channels: [], clients: [] });
    },
  };
}

const implementations: [string, () => Promise<Subject>][] = [
  ['in memory', tMemory],
  ['on Redis', tShared],
];

describe.each(implementations)('a rate limit %s', (_name, tLimit) => {
  test('allows what the rule says and no more, counted over all processes', async () => {
    await using subject = await tLimit();
    const { limit, twin } = subject;
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
    const { limit } = subject;
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
    const { limit, twin } = subject;
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
      const verdict = await subject.limit.consume('mutate', 'ana', { points: 0, windowMs });
      if (verdict.allowed) throw new Error('A use was allowed where there is none.');
      expect(verdict.retryAfterMs).toBeLessThanOrEqual(windowMs);
      expect(verdict.retryAfterMs / windowMs).toBeGreaterThan(0.8);
    },
  );

  test('opens a new window when the one before has ended, which no refusal prolongs', async () => {
    await using subject = await tLimit();
    const { limit, twin, wait } = subject;
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
