/** What rate limits promise while Redis is away. */
import { expect, test } from '@jest/globals';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/observability/log.ts';
import { RateLimitRedis } from '../../src/stores/rate-limit/redis.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const never = 3_600_000;
const rule = { points: 3, windowMs: 60_000 };

async function tLimit(server: TestRedis, commandTimeoutMs?: number) {
  const redis = new RedisConnections({
    url: server.url,
    keyPrefix: 'test:',
    name: 'process',
    log: createLogger('silent'),
    ...(commandTimeoutMs !== undefined && { commandTimeoutMs }),
  });
  const limit = new RateLimitRedis({ redis, clock: systemClock });
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
  // Whoever waited for an answer would wait for ever.
  await using one = await tLimit(server, never);
  await using two = await tLimit(server, never);
  await one.limit.consume('mutate', 'ana', rule);
  await server.kill('SIGKILL');

  expect(await countAllowed(one.limit)).toBe(rule.points);
  expect(await countAllowed(two.limit)).toBe(rule.points);

  await server.restart();
  await until('both are connected', () => [one, two].every(({ redis }) => redis.failFast.status === 'ready'));
  expect(await one.limit.consume('mutate', 'ana', rule)).toEqual({ allowed: true, remaining: 2 });
  expect(await two.limit.consume('mutate', 'ana', rule)).toEqual({ allowed: true, remaining: 1 });
});

test('a Redis that does not answer holds nobody up for as long as a command may take', async () => {
  await using server = await tRedis();
  await using one = await tLimit(server);
  await one.limit.consume('mutate', 'ana', rule);
  await server.kill('SIGSTOP');
  const answers: string[] = [];
  const command = one.redis.commands.ping().catch(() => void answers.push('the command failed'));
  expect((await one.limit.consume('mutate', 'ana', rule)).allowed).toBe(true);
  answers.push('the limit allowed it');
  await command;
  expect(answers).toEqual(['the limit allowed it', 'the command failed']);
  await server.kill('SIGCONT');
});
