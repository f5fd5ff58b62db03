/** What is known of tokens keeps these promises, in the process and on Redis. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '../../src/observability/log.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { TokenVerdictsMemory } from '../../src/stores/token-verdicts/memory.ts';
import { TokenVerdictsRedis } from '../../src/stores/token-verdicts/redis.ts';
import type { TokenVerdicts } from '../../src/stores/token-verdicts/token-verdicts.ts';
import { ManualClock } from '../support/clock.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';

interface Subject extends AsyncDisposable {
  readonly verdicts: TokenVerdicts;
  /** The same in another process, where the implementation knows such a thing. */
  readonly twin: TokenVerdicts;
  /** Resolves when this much time has passed for them. */
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
  const verdicts = new TokenVerdictsMemory({ clock });
  return {
    ...{ verdicts, twin: verdicts },
    wait: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: () => verdicts.close(),
  };
}

async function tShared(): Promise<Subject> {
  const log = createLogger('silent');
  const keyPrefix = `contract-${nextPrefix++}:`;
  const processes = ['one', 'two'].map((name) => {
    const redis = new RedisConnections({ url: server.url, keyPrefix, name, log });
    return { redis, verdicts: new TokenVerdictsRedis({ redis, clock: new ManualClock(), log }) };
  });
  await Promise.all(processes.map(({ redis }) => redis.ready(5_000)));
  return {
    verdicts: processes[0]!.verdicts,
    twin: processes[1]!.verdicts,
    // Redis measures by itself.
    wait: (ms) => sleep(ms + 5),
    async [Symbol.asyncDispose]() {
      for (const { verdicts, redis } of processes) {
        await verdicts.close();
        await redis.close();
      }
      expect(await server.leftovers()).toEqual({ persistentKeys: [], channels: [], clients: [] });
    },
  };
}

describe.each<[string, () => Promise<Subject>]>([
  ['in memory', tMemory],
  ['on Redis', tShared],
])('verdicts %s', (_name, tVerdicts) => {
  test('are found by every process, and nothing is said of tokens that nobody asked about', async () => {
    await using subject = await tVerdicts();
    const { verdicts, twin } = subject;
    expect(await verdicts.find('a')).toBeNull();
    for (const verdict of ['accepted', 'revoked', 'expired'] as const) {
      await verdicts.note('a', verdict, 10_000);
      expect(await twin.find('a')).toBe(verdict);
    }
    expect(await twin.find('b')).toBeNull();
  });

  test('are forgotten in time', async () => {
    await using subject = await tVerdicts();
    const { verdicts, twin, wait } = subject;
    await verdicts.note('a', 'revoked', 100);
    await verdicts.note('b', 'accepted', 10_000);
    await wait(100);
    expect([await twin.find('a'), await twin.find('b')]).toEqual([null, 'accepted']);
  });
});

test('of good tokens are not pushed out by a flood of bad ones', async () => {
  const verdicts = new TokenVerdictsMemory({ clock: new ManualClock() });
  await verdicts.note('good', 'accepted', 10_000);
  for (let count = 0; count < 20_000; count++) await verdicts.note(`bad ${count}`, 'revoked', 10_000);
  expect([await verdicts.find('good'), await verdicts.find('bad 0')]).toEqual(['accepted', null]);
});

test('are this process’s own while Redis is away', async () => {
  const redisServer = await tRedis();
  const log = createLogger('silent');
  const redis = new RedisConnections({ url: redisServer.url, keyPrefix: 'away:', name: 'away', log });
  const verdicts = new TokenVerdictsRedis({ redis, clock: new ManualClock(), log });
  await redisServer.stop();
  await verdicts.note('a', 'revoked', 10_000);
  expect(await verdicts.find('a')).toBe('revoked');
  await verdicts.close();
  await redis.close();
});
