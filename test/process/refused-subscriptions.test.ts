/** Proves that what was refused, or was left again, stays nowhere: no key in Redis, no topic, no group. */
import { expect, test } from '@jest/globals';
import { tAcknowledgedSocket } from '../support/graphql-client.ts';
import { createDispatch, dispatchUpdated } from '../support/operations.ts';
import type { TestRedis } from '../support/redis.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { complaintsOf, tServices } from '../support/service.ts';
import { until } from '../support/until.ts';

const tService = tServices();
/** A log without events is forgotten two checks after it was left: ten seconds. */
const forgottenMs = 30_000;

type Kind = 'dispatch' | 'message';

const countKeys = async ({ client }: TestRedis, kind: Kind) =>
  (await client.keys(`dispatch:log:{${kind}:*`)).length;
const countChannels = async ({ client }: TestRedis, kind: Kind) =>
  ((await client.pubsub('CHANNELS', `dispatch:log:{${kind}:*`)) as string[]).length;

const measure = async (redis: TestRedis, { client }: ServerProcess) => ({
  keys: await countKeys(redis, 'dispatch'),
  channels: await countChannels(redis, 'dispatch'),
  topics: await client.metric('dispatch_topics_followed'),
  groups: await client.metric('dispatch_groups'),
});

test('1,000 subscriptions to dispatches that do not exist leave nothing behind', async () => {
  const { servers, redis } = await tService({ processes: 1, env: { TOPIC_LINGER_MS: '3600000' } });
  const [server] = servers as [ServerProcess];
  await createDispatch(server.client);
  // Its log: state, events and their ids.
  await until('its events are there', async () => (await countKeys(redis, 'dispatch')) === 3);
  const before = await measure(redis, server);
  const socket = await tAcknowledgedSocket(server.wsUrl, await server.client.token());
  const countRefused = () =>
    socket.messages.filter((message) => JSON.stringify(message).includes('NOT_FOUND')).length;
  for (let sent = 0; sent < 1_000; sent += 500) {
    for (let id = sent; id < sent + 500; id += 1) {
      const variables = { id: `${1_000_000 + id}` };
      socket.send({ id: `${id}`, type: 'subscribe', payload: { query: dispatchUpdated, variables } });
    }
    // Behind the acknowledgement.
    await socket.until(() => socket.messages.length === 1 + sent + 500);
    expect(countRefused()).toBe(sent + 500);
  }
  const isAsBefore = async () => JSON.stringify(await measure(redis, server)) === JSON.stringify(before);
  await until('nothing else is left', isAsBefore, forgottenMs);
  expect(complaintsOf(server)).toEqual([]);
});

test('channels that nobody has written to are forgotten when they are left', async () => {
  const { servers, redis } = await tService({ processes: 2, env: { TOPIC_LINGER_MS: '0' } });
  const [one, other] = servers as [ServerProcess, ServerProcess];
  const query = 'subscription ($channel: String!) { messageBroadcast(channel: $channel) { message } }';
  const open = async (server: ServerProcess, channels: readonly string[]) => {
    const socket = await tAcknowledgedSocket(server.wsUrl, await server.client.token());
    for (const channel of channels)
      socket.send({ id: channel, type: 'subscribe', payload: { query, variables: { channel } } });
    await until(
      'all are open',
      async () => (await server.client.metric('dispatch_subscriptions')) === channels.length,
    );
    return socket;
  };
  const staying = await open(other, ['general']);
  const leaving = await open(one, [
    'general',
    ...Array.from({ length: 499 }, (_, number) => `empty-${number}`),
  ]);
  expect(await countKeys(redis, 'message')).toBe(500);
  leaving.socket.terminate();
  await until(
    'one has left all of them',
    async () => (await one.client.metric('dispatch_topics_followed')) === 0,
  );
  // Somebody else's is still there, and goes on without a gap.
  const isOneLeft = async () => (await countKeys(redis, 'message')) === 1;
  await until('nothing else is left', isOneLeft, forgottenMs);
  await one.client.ask('mutation { broadcastMessage(channel: "general", message: "hola") { id } }');
  expect(await staying.message('next')).toMatchObject({
    payload: { data: { messageBroadcast: { message: 'hola' } } },
  });
  expect(await other.client.metric('dispatch_event_log_gaps_total{outcome="lost"}')).toBe(0);
  expect([...complaintsOf(one), ...complaintsOf(other)]).toEqual([]);
});
