/** Proves that nothing is missed silently where Redis fails over to a replica that was behind, and nobody is left who knows better. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tCutProxy } from '../support/cut-proxy.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tRedis } from '../support/redis.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { listen, numbersOf, range, say, tUnawareClient, type Message } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await tPostgres();
});
afterAll(() => postgres.stop());

const channel = 'general';
const told = 'subscription ($channel: String!) { messageBroadcast(channel: $channel) { message recovered } }';
const withCursor =
  'subscription ($channel: String!, $after: Cursor) { messageBroadcast(channel: $channel, after: $after) { message cursor recovered } }';

interface TellingMessage extends Message {
  readonly recovered: string | null;
}

const streams = ({ client }: ServerProcess) => client.metric('dispatch_subscriptions');

/** A primary with a replica, whose link can be cut: what is written from then on is lost with the primary. */
async function tReplicated() {
  const primary = await tRedis();
  const replica = await tRedis();
  const link = await tCutProxy(primary.url);
  const [, port] = link.host.split(':');
  await replica.client.replicaof('127.0.0.1', Number(port));
  const isLinked = async () => (await replica.client.info('replication')).includes('master_link_status:up');
  await until('the replica follows', isLinked);
  const address = await tCutProxy(primary.url);
  return {
    url: `redis://${address.host}`,
    link,
    client: primary.client,
    /** Everything that the primary has is on the replica, from now on nothing is. */
    async unlink() {
      expect(await primary.client.wait(1, 5_000)).toBe(1);
      link.cut();
    },
    async failOver() {
      await primary.kill();
      await replica.client.replicaof('NO', 'ONE');
      address.leadTo(replica.url);
      address.cut();
      address.mend();
    },
    async [Symbol.asyncDispose]() {
      await primary.stop();
      await replica.stop();
    },
  };
}

test('what the replica had not got yet is shown all the same, and a position that it gives out anew is nobody’s', async () => {
  await using redis = await tReplicated();
  const env = { REDIS_URL: redis.url, DATABASE_URL: await postgres.createDatabase() };
  const first = await tServerProcess(env);
  const wire = await tCutProxy(first.url);
  const token = await first.client.token();
  const unaware = listen<TellingMessage>(tUnawareClient(`ws://${wire.host}/graphql`, token), told, {
    channel,
  });
  const variables = { channel };
  const aware = subscribe<TellingMessage>(tClient(first.wsUrl, token), withCursor, variables);
  await until('both are live', async () => (await streams(first)) === 2);
  await say(first.client, channel, 1, 5);
  await unaware.until((events) => events.length === 5);
  await unaware.acknowledged();
  wire.cut();
  await until('its place is kept', async () => (await streams(first)) === 1);
  await redis.unlink();
  // The one client is away, the other one is shown them. No other process knows of them.
  await say(first.client, channel, 6, 8);
  await aware.until((events) => events.length === 8);
  await first.kill('SIGKILL');
  await redis.failOver();
  const second = await tServerProcess(env);
  // As many as were lost: the log has an event where the one client has been before.
  await say(second.client, channel, 9, 11);
  wire.leadTo(second.url);
  wire.mend();
  const back = subscribe<TellingMessage>(tClient(second.wsUrl, token), withCursor, variables);
  await until('both are back', async () => (await streams(second)) === 2);
  await say(second.client, channel, 12);
  for (const { until: shown } of [unaware, back])
    await shown((events: readonly Message[]) => numbersOf(events).includes(12));
  expect([...new Set(numbersOf(unaware.events))]).toEqual(range(1, 12));
  expect(numbersOf(back.events)).toEqual(expect.arrayContaining(range(9, 12)));
  expect([...unaware.events.slice(5), ...back.events].some(({ recovered }) => recovered !== null)).toBe(true);
  unaware.unsubscribe();
  back.unsubscribe();
}, 120_000);
