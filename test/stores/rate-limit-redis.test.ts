/** What rate limits promise while Redis is away. */
import { expect, test } from '@jest/globals';
import { createLogger } from '../../src/observability/log.ts';
import { RateLimitRedis } from '../../src/stores/rate-limit/redis.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const rule = { points: 3, windowMs: 60_000 };

async function tLimit(server: TestRedis) {
  const redis = new RedisConnections({
    url: server.url,
    keyPrefix: 'test:',
    name: 'process',
    log: createLogger('silent'),
  });
  const limit = new RateLimitRedis({ redis });
  await until('it is connected', () => redis.failFast.status === 'ready');
  return {
    redis,
    limit,
    async [Symbol.asyncDispose]() {
      await limit.close();
      await redis.close();
    },
  };
}

/** Uses allowed until the first that is not. */
async function countAllowed(limit: RateLimitRedis): Promise<number> {
  for (let count = 0; ; count++) {
    if (!(await limit.consume('mutate', 'ana', rule)).allowed) return count;
  }
}

test('each process counts for itself while Redis is killed, at once, and all together when it is back', async () => {
  await using server = await tRedis();
  await using one = await tLimit(server);
  await using two = await tLimit(server);
  await one.limit.consume('mutate', 'ana', rule);
  await server.kill('SIGKILL');

  const downAt = Date.now();
  expect(await countAllowed(one.limit)).toBe(rule.points);
  expect(await countAllowed(two.limit)).toBe(rule.points);
  expect(Date.now() - downAt).toBeLessThan(1_000);

  await server.restart();
  await until('both are connected', () => [one, two].every(({ redis }) => redis.failFast.status === 'ready'));
  expect(await one.limit.consume('mutate', 'ana', rule)).toEqual({ allowed: true, remaining: 2 });
  expect(await two.limit.consume('mutate', 'ana', rule)).toEqual({ allowed: true, remaining: 1 });
});

test('a Redis that does not answer holds nobody up for long', async () => {
  await using server = await tRedis();
  await using one = await tLimit(server);
  await one.limit.consume('mutate', 'ana', rule);
  await server.kill('SIGSTOP');
  const stoppedAt = Date.now();
  expect((await one.limit.consume('mutate', 'ana', rule)).allowed).toBe(true);
  expect(Date.now() - stoppedAt).toBeLessThan(1_500);
  await server.kill('SIGCONT');
});
