/** Proves that the client of an Apollo Router that reconnects misses nothing, and that no replica of it takes another one's stream. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { tCutProxy } from '../support/cut-proxy.ts';
import { tReconnectingRouter, type ReconnectingRouter } from '../support/routers/reconnecting-router.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { tServices } from '../support/service.ts';
import { messageBroadcast, numbersOf, range, say, type Message } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const tService = tServices();
const channel = 'general';
const talk = { query: messageBroadcast, variables: { channel } };
/** The shortest that the router allows. */
const delayMs = 500;

const numbers = ({ shown }: ReconnectingRouter) => numbersOf(shown as unknown as readonly Message[]);
const firsts = (router: ReconnectingRouter) => [...new Set(numbers(router))];
const shown = (router: ReconnectingRouter, number: number) =>
  router.until(() => numbers(router).includes(number));

const live = ({ client }: ServerProcess, count = 1) =>
  until('it is live', async () => (await client.metric('dispatch_subscriptions')) === count, 30_000);
/** What came before is known to the service by then, and reported when it is acknowledged once more. */
const acknowledged = ({ client }: ServerProcess, times: number) =>
  until(
    'it is acknowledged',
    async () => (await client.metric('dispatch_acknowledgements_total')) >= times,
    30_000,
  );

/** Three processes, and a router whose way leads to the first one. */
async function tSubscribed(maxAttempts?: number) {
  const { servers } = await tService();
  const [first, second, third] = servers as [ServerProcess, ServerProcess, ServerProcess];
  const wire = await tCutProxy(first.url);
  const router = tReconnectingRouter({
    ...{ url: `ws://${wire.host}/graphql`, token: await first.client.token(), ...talk, delayMs },
    ...(maxAttempts !== undefined && { maxAttempts }),
  });
  await live(first);
  return { first, second, third, wire, router };
}

describe('the client of a router', () => {
  test('misses nothing when the process is killed', async () => {
    const { first, second, wire, router } = await tSubscribed();
    await say(second.client, channel, 1, 20);
    await shown(router, 20);
    await acknowledged(first, 1);
    wire.leadTo(second.url);
    await first.kill('SIGKILL');
    await say(second.client, channel, 21, 40);
    await shown(router, 40);
    await say(second.client, channel, 41);
    await shown(router, 41);
    expect(firsts(router)).toEqual(range(1, 41));
    expect([router.reconnects, router.ending]).toEqual([1, null]);
  }, 120_000);

  test('is shown nothing twice when processes are drained one after the other', async () => {
    const { first, second, third, wire, router } = await tSubscribed();
    await say(second.client, channel, 1, 10);
    wire.leadTo(second.url);
    const ended = first.kill('SIGTERM');
    await say(second.client, channel, 11, 20);
    await ended;
    await shown(router, 20);
    wire.leadTo(third.url);
    const endedToo = second.kill('SIGTERM');
    await say(third.client, channel, 21, 30);
    await endedToo;
    await shown(router, 30);
    expect(numbers(router)).toEqual(range(1, 30));
    expect([router.reconnects, router.ending]).toEqual([2, null]);
  }, 120_000);

  test('misses nothing while the process stands still, and hears nothing of that one when it wakes', async () => {
    const { first, second, wire, router } = await tSubscribed();
    await say(second.client, channel, 1, 10);
    await shown(router, 10);
    await acknowledged(first, 1);
    first.signal('SIGSTOP');
    wire.leadTo(second.url);
    wire.halfOpen();
    await live(second);
    await say(second.client, channel, 11, 20);
    await shown(router, 20);
    first.signal('SIGCONT');
    await live(first, 0);
    await say(second.client, channel, 21);
    await shown(router, 21);
    expect(firsts(router)).toEqual(range(1, 21));
    expect(router.ending).toBeNull();
  }, 120_000);

  test('gets an error, and no normal end, where there is no attempt left', async () => {
    const { first, router } = await tSubscribed(0);
    await first.kill('SIGTERM');
    await router.until(() => router.ending !== null);
    expect([router.reconnects, router.ending]).toEqual([0, ['WEBSOCKET_CLOSE_ERROR']]);
  }, 120_000);
});

test('two replicas with one hash for their clients’ subscriptions have a stream each, on one process and on two', async () => {
  const { servers } = await tService({ processes: 2 });
  const [first, second] = servers as [ServerProcess, ServerProcess];
  const token = await first.client.token();
  const id = randomBytes(32).toString('hex');
  const on = ({ wsUrl }: ServerProcess) => tReconnectingRouter({ url: wsUrl, token, ...talk, id, delayMs });
  const replicas = [on(first), on(second)];
  await live(first);
  await live(second);
  replicas.push(on(second));
  await live(second, 2);
  await say(first.client, channel, 1, 10);
  await Promise.all(replicas.map((router) => shown(router, 10)));
  expect(replicas.map(numbers)).toEqual(replicas.map(() => range(1, 10)));
  expect(replicas.map(({ reconnects, ending }) => [reconnects, ending])).toEqual(
    replicas.map(() => [0, null]),
  );
  for (const { client } of servers) expect(await client.metric('dispatch_slots_replaced_total')).toBe(0);
}, 120_000);
