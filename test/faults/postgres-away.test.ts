/** Proves that what was committed just before PostgreSQL went away is shown when it is back, also to clients that moved meanwhile. */
import { expect, test } from '@jest/globals';
import { tCutProxy } from '../support/cut-proxy.ts';
import { tPostgres } from '../support/postgres.ts';
import { tRedis } from '../support/redis.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import {
  listen,
  messageBroadcast,
  numbersOf,
  range,
  say,
  tUnawareClient,
  type Message,
} from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const channel = 'general';
/** A relay tries again after at most five seconds: all of its pauses have come. */
const attempts = 8;

const live = ({ client }: ServerProcess) =>
  until('it is live', async () => (await client.metric('dispatch_subscriptions')) === 1);

test('events that were committed and not relayed when PostgreSQL went away for long', async () => {
  const postgres = await tPostgres();
  const redis = await tRedis();
  try {
    const toRedis = await tCutProxy(redis.url);
    const env = { REDIS_URL: `redis://${toRedis.host}`, DATABASE_URL: postgres.url };
    const first = await tServerProcess(env);
    const second = await tServerProcess(env);
    const way = await tCutProxy(first.url);
    const client = tUnawareClient(`ws://${way.host}/graphql`, await first.client.token());
    const shown = listen<Message>(client, messageBroadcast, { channel });
    await live(first);
    await say(second.client, channel, 1, 5);
    await shown.until((events) => events.length === 5);
    await shown.acknowledged();
    toRedis.cut();
    await say(second.client, channel, 6, 8);
    await postgres.kill();
    toRedis.mend();
    way.leadTo(second.url);
    way.cut();
    way.mend();
    await live(second);
    const failures = async () => (await second.client.metric('dispatch_relay_failures_total')) >= attempts;
    await until('its relay has tried for long', failures, 60_000);
    // A batch that was read before PostgreSQL was away may have been appended; all others wait for it.
    await postgres.restart();
    await shown.until((events) => numbersOf(events).includes(8));
    await until('it serves again', () =>
      say(second.client, channel, 9)
        .then(() => true)
        .catch(() => false),
    );
    await shown.until((events) => numbersOf(events).includes(9));
    expect([...new Set(numbersOf(shown.events))]).toEqual(range(1, 9));
    expect(shown.failures).toEqual([]);
    shown.unsubscribe();
  } finally {
    await redis.stop();
    await postgres.stop();
  }
}, 180_000);
