/** What is known of tokens keeps these promises, in the process and on Redis. */
import { describe, expect, test } from '@jest/globals';
import { createLogger } from '../../src/observability/log.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { TokenVerdictsMemory } from '../../src/stores/token-verdicts/memory.ts';
import { TokenVerdictsRedis } from '../../src/stores/token-verdicts/redis.ts';
import type { TokenVerdicts } from '../../src/stores/token-verdicts/token-verdicts.ts';
import { ManualClock } from '../support/clock.ts';
import { tRedis } from '../support/redis.ts';
import { tTwinStores } from '../support/twin-stores.ts';

const log = createLogger('silent');
const implementations = tTwinStores<TokenVerdicts>({
  inMemory: (clock) => new TokenVerdictsMemory({ clock }),
  onRedis: (redis) => new TokenVerdictsRedis({ redis, clock: new ManualClock(), log }),
});

describe.each(implementations)('verdicts %s', (_name, tVerdicts) => {
  test('are found by every process, and nothing is said of tokens that nobody asked about', async () => {
    await using subject = await tVerdicts();
    const { store: verdicts, twin } = subject;
    expect(await verdicts.find('a')).toBeNull();
    for (const verdict of ['accepted', 'revoked', 'expired'] as const) {
      await verdicts.note('a', verdict, 10_000);
      expect(await twin.find('a')).toBe(verdict);
    }
    expect(await twin.find('b')).toBeNull();
  });

  test('are forgotten in time', async () => {
    await using subject = await tVerdicts();
    const { store: verdicts, twin, wait } = subject;
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
  const redis = new RedisConnections({ url: redisServer.url, keyPrefix: 'away:', name: 'away', log });
  const verdicts = new TokenVerdictsRedis({ redis, clock: new ManualClock(), log });
  await redisServer.stop();
  await verdicts.note('a', 'revoked', 10_000);
  expect(await verdicts.find('a')).toBe('revoked');
  await verdicts.close();
  await redis.close();
});
