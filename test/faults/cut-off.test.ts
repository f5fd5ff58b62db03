/** Proves what becomes of clients whose process cannot reach Redis, while others can or cannot. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { tCutProxy, type CutProxy } from '../support/cut-proxy.ts';
import { send } from '../support/http.ts';
import { tLive, watch } from '../support/live-client.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { tServices } from '../support/service.ts';
import { listen, numbersOf, range, say, tUnawareClient, type Message } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const tService = tServices();
const channel = 'general';
const messageBroadcast =
  'subscription ($channel: String!) { messageBroadcast(channel: $channel) { message recovered } }';
/** Whoever is cut off is to have sent its clients away within a quarter of it. */
const windowMs = 24_000;

interface TellingMessage extends Message {
  readonly recovered: string | null;
}

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

/** An address where everything is accepted, and nothing answered. */
async function tBlackHole(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  undos.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const live = ({ client }: ServerProcess) =>
  until('it is live', async () => (await client.metric('dispatch_subscriptions')) === 1);

const isReady = async ({ url }: ServerProcess) => (await send(`${url}/health/ready`)).status === 200;

/** Two processes, each with a way of its own to Redis, and a client of the first one, which leads new connections to the second. */
async function tTwo() {
  const { servers, redis, env } = await tService({
    processes: 1,
    env: { RESUME_WINDOW_MS: String(windowMs), KEEP_ALIVE_MS: '1000' },
  });
  const [second] = servers as [ServerProcess];
  const toRedis = await tCutProxy(redis.url);
  const toDatabase = await tCutProxy(env['DATABASE_URL']!);
  const database = new URL(env['DATABASE_URL']!);
  database.host = toDatabase.host;
  const first = await tServerProcess({
    ...env,
    REDIS_URL: `redis://${toRedis.host}`,
    DATABASE_URL: String(database),
  });
  const way = await tCutProxy(first.url);
  let closes = 0;
  const client = tUnawareClient(`ws://${way.host}/graphql`, await first.client.token());
  client.on('closed', () => void (closes += 1));
  /** What pings say, but for their number. */
  const told: (string | undefined)[] = [];
  client.on('ping', (isReceived, payload) => {
    if (isReceived) told.push(payload?.['streamsStandSince'] as string | undefined);
  });
  const shown = listen<TellingMessage>(client, messageBroadcast, { channel });
  await live(first);
  way.leadTo(second.url);
  await say(second.client, channel, 1, 5);
  await shown.until((events) => events.length === 5);
  await shown.acknowledged();
  return { first, second, redis, toRedis, toDatabase, way, shown, told, closes: () => closes };
}

/** It goes on at the other process where it was: its place there has not ended. */
async function expectGoneOn({ second, shown }: Awaited<ReturnType<typeof tTwo>>) {
  await say(second.client, channel, 6, 10);
  await live(second);
  await say(second.client, channel, 11);
  await shown.until((events) => numbersOf(events).includes(11));
  // What was acknowledged within an interval before is shown again.
  expect([...new Set(numbersOf(shown.events))]).toEqual(range(1, 11));
  expect(shown.events.filter(({ recovered }) => recovered !== null)).toEqual([]);
  expect(shown.failures).toEqual([]);
}

const cuts: Readonly<Record<string, (way: CutProxy) => Promise<void>>> = {
  'is refused': (way) => Promise.resolve(way.cut()),
  'hears nothing any more': async (way) => {
    way.leadTo(await tBlackHole());
    way.silence();
  },
};

describe('a process that cannot reach Redis', () => {
  test.each(Object.keys(cuts))(
    'and %s, while others go on, sends its clients there in time, and nobody comes to it until it can',
    async (how) => {
      const two = await tTwo();
      const { first, second, redis, toRedis } = two;
      await cuts[how]!(toRedis);
      await expectGoneOn(two);
      expect([await isReady(first), await isReady(second)]).toEqual([false, true]);
      await first.printed('this process alone cannot reach Redis');
      const stranger = tUnawareClient(first.wsUrl, await first.client.token());
      const turnedAway = new Promise((resolve) => stranger.on('closed', resolve));
      const strangers = listen<Message>(stranger, messageBroadcast, { channel });
      expect(await turnedAway).toMatchObject({ code: 1012 });
      toRedis.leadTo(redis.url.replace('redis:', 'http:'));
      toRedis.mend();
      await until('it is ready', () => isReady(first));
      await live(first);
      await say(first.client, channel, 12);
      await strangers.until((events) => numbersOf(events).includes(12));
      for (const { unsubscribe } of [two.shown, strangers]) unsubscribe();
    },
    120_000,
  );

  test('nor anybody who knows of others, sends its clients away all the same', async () => {
    const two = await tTwo();
    two.toRedis.cut();
    two.toDatabase.cut();
    await expectGoneOn(two);
    expect(await isReady(two.first)).toBe(true);
    two.shown.unsubscribe();
  }, 120_000);

  test('nor can any other, keeps its clients, which would see no more elsewhere, and tells them that streams stand still', async () => {
    const { first, second, redis, shown, told, closes } = await tTwo();
    const app = tLive(first.url, await first.client.token(), { way: 'websocket' });
    const seen = watch<Message>(app.live, messageBroadcast, { channel });
    await app.went('live');
    expect(told.every((since) => since === undefined)).toBe(true);
    await redis.kill('SIGSTOP');
    for (const server of [first, second]) await server.printed('Redis cannot be reached from anywhere');
    await app.went('late');
    await until('a ping says so', () => told.at(-1));
    expect(Date.parse(told.at(-1)!)).toBeLessThanOrEqual(Date.now());
    await say(second.client, channel, 6, 8);
    expect([await isReady(first), await isReady(second)]).toEqual([true, true]);
    await redis.kill('SIGCONT');
    await shown.until((events) => events.length === 8);
    for (const server of [first, second]) await server.printed('Redis is reached again');
    await app.went('late', 'live');
    await until('pings do not say so any more', () => told.at(-1) === undefined);
    await seen.until((events) => numbersOf(events).includes(8));
    expect(numbersOf(shown.events)).toEqual(range(1, 8));
    expect(closes()).toBe(0);
    shown.unsubscribe();
  }, 120_000);
});
