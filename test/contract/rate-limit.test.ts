/** What every implementation of rate limits promises. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '../../src/observability/log.ts';
import { RateLimitMemory } from '../../src/stores/rate-limit/memory.ts';
import { RateLimitRedis } from '../../src/stores/rate-limit/redis.ts';
import type { RateLimit } from '../../src/stores/rate-limit/rate-limit.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

interface Subject extends AsyncDisposable {
  readonly limit: RateLimit;
  /** The same limits in another process, where the implementation knows such a thing. */
  readonly twin: RateLimit;
}

let server: TestRedis;
let nextPrefix = 0;

beforeAll(async () => {
  server = await tRedis();
});
afterAll(() => server.stop());

async function tMemory(): Promise<Subject> {
  const limit = new RateLimitMemory();
  return { limit, twin: limit, [Symbol.asyncDispose]: () => limit.close() };
}

async function tShared(): Promise<Subject> {
  const log = createLogger('silent');
  const keyPrefix = `contract-${nextPrefix++}:`;
  const createProcess = (name: string) => {
    const redis = new RedisConnections({ url: server.url, keyPrefix, name, log });
    return { redis, limit: new RateLimitRedis({ redis }) };
  };
  const one = createProcess('one');
  const two = createProcess('two');
  // Until then each would count for itself.
  await until('both are connected', () => [one, two].every(({ redis }) => redis.failFast.status === 'ready'));
  return {
    limit: one.limit,
    twin: two.limit,
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
    for (const process of [limit, twin]) {
      const verdict = await process.consume('mutate', 'ana', rule);
      if (verdict.allowed) throw new Error('The fourth use was allowed.');
      expect(verdict.retryAfterMs).toBeGreaterThan(50_000);
      expect(verdict.retryAfterMs).toBeLessThanOrEqual(60_000);
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

  test.each([300, 1_500])('opens a new window when the one of %d ms has ended', async (windowMs) => {
    await using subject = await tLimit();
    const { limit, twin } = subject;
    const rule = { points: 2, windowMs };
    const startedAt = Date.now();
    await limit.consume('mutate', 'ana', rule);
    await limit.consume('mutate', 'ana', rule);
    const refused = await twin.consume('mutate', 'ana', rule);
    if (refused.allowed) throw new Error('The third use was allowed.');
    // Being refused does not prolong the window, and it says itself when that ends.
    await sleep(refused.retryAfterMs);
    expect(await limit.consume('mutate', 'ana', rule)).toEqual({ allowed: true, remaining: 1 });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(windowMs - 50);
  });
});
