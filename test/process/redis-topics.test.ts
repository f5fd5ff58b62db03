/** Proves that a process can follow thousands of topics, and leaves them without a trace. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { ManualClock } from '../support/clock.ts';
import { tProcess } from '../support/event-log-redis.ts';
import type { BareSocket } from '../support/graphql-client.ts';
import { tAcknowledgedSocket } from '../support/graphql-client.ts';
import { tHub } from '../support/hub.ts';
import { assign, dispatchUpdated } from '../support/operations.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { complaintsOf, tServices } from '../support/service.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const tService = tServices();

const sockets = 10;
const topicsPerSocket = 500;
const topics = sockets * topicsPerSocket;

async function residentMegabytes({ pid }: ServerProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1024);
}

/** The CPU time of a process so far, in milliseconds, in steps of 10 ms. */
async function cpuMs({ pid }: ServerProcess): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return 10 * (Number(user) + Number(system));
}

const countChannels = async (redis: TestRedis) =>
  ((await redis.client.pubsub('CHANNELS', 'dispatch:log:{dispatch:*')) as string[]).length;

const isShown = (message: Record<string, unknown>, id: string, version: number) =>
  message['type'] === 'next' &&
  message['id'] === id &&
  JSON.stringify(message).includes(`"id":"${id}","estado":"ASIGNADO","version":${version}`);

async function followAll(server: ServerProcess): Promise<BareSocket[]> {
  const token = await server.client.token();
  const opened = await Promise.all(
    Array.from({ length: sockets }, () => tAcknowledgedSocket(server.wsUrl, token)),
  );
  for (const [place, socket] of opened.entries()) {
    for (let index = 1; index <= topicsPerSocket; index += 1) {
      const id = String(place * topicsPerSocket + index);
      socket.send({ id, type: 'subscribe', payload: { query: dispatchUpdated, variables: { id } } });
    }
  }
  for (const socket of opened)
    await socket.until(
      () => socket.messages.filter(({ type }) => type === 'next').length === topicsPerSocket,
    );
  return opened;
}

describe('one process', () => {
  test(`follows ${topics} topics of ${sockets} sockets, and leaves them when their last subscriber has gone`, async () => {
    const { servers, redis, query } = await tService({ processes: 1 });
    const [server] = servers as [ServerProcess];
    const at = new Date().toISOString();
    await query(
      `insert into dispatches (estado, prioridad, incidente, origen_latitud, origen_longitud, fecha_solicitud,
         fecha_actualizacion, version)
       select 'PENDIENTE', 'ALTA', 'OTRO', -16.5, -68.15, $1, $1, 1 from generate_series(1, $2::int)`,
      [at, topics],
    );
    const before = await residentMegabytes(server);
    const cpuBefore = await cpuMs(server);
    const startedAt = performance.now();
    const opened = await followAll(server);
    const tookMs = Math.round(performance.now() - startedAt);
    const cpuTook = (await cpuMs(server)) - cpuBefore;
    const during = await residentMegabytes(server);
    expect(await countChannels(redis)).toBe(topics);
    expect(await server.client.metric('dispatch_topics_followed')).toBe(topics);

    // The first and the last subscription of every socket are live, so all are.
    for (const [place, socket] of opened.entries()) {
      for (const id of [place * topicsPerSocket + 1, (place + 1) * topicsPerSocket].map(String)) {
        await assign(server.client, id);
        await socket.until(() => socket.messages.some((message) => isShown(message, id, 2)));
      }
    }

    // Half of the clients complete their operations, the others just close their socket.
    for (const [place, socket] of opened.entries()) {
      if (place % 2) socket.socket.terminate();
      else
        for (let index = 1; index <= topicsPerSocket; index += 1)
          socket.send({ id: String(place * topicsPerSocket + index), type: 'complete' });
    }
    await until(
      'nobody subscribes',
      async () => (await server.client.metric('dispatch_subscriptions')) === 0,
    );
    // Topics are kept for a while, for clients that come back at once.
    const lingering = await countChannels(redis);
    await until('all are left', async () => (await countChannels(redis)) === 0, 20_000);
    expect(await server.client.metric('dispatch_topics_followed')).toBe(0);
    expect(await server.client.metric('dispatch_groups')).toBe(0);
    expect((await redis.leftovers()).persistentKeys).toEqual([]);
    console.log(
      `${topics} topics: subscribed in ${tookMs} ms (${Math.round((1_000 * cpuTook) / topics)} µs of CPU each), resident memory ` +
        `${before} MB before, ${during} MB while followed, ${await residentMegabytes(server)} MB when left; ` +
        `${lingering} channels lingered`,
    );
    expect(complaintsOf(server)).toEqual([]);
  }, 120_000);

  test('keeps no listener and no timer for the topics that it has left', async () => {
    await using redis = await tRedis();
    const logClock = new ManualClock();
    await using process = tProcess({ url: redis.url, clock: logClock });
    const { hub, clock, watch } = tHub({ eventLog: () => process.log });
    const { subscriber, commands } = process.redis;
    const listeners = () =>
      [subscriber, commands].map((client) =>
        client.eventNames().reduce((sum, name) => sum + client.listenerCount(name), 0),
      );
    await process.redis.ready(5_000);
    await until('the first check is over', () => logClock.pending === 1);
    await until('the first check is over', () => logClock.pending === 1);
    const before = { listeners: listeners(), timers: [clock.pending, logClock.pending] };
    const names = Array.from({ length: topics }, (_, index) => `topic-${index}`);
    const watched = [];
    // Only so many at a time, so that no command times out: the clock of the test does not move on to a second attempt.
    for (let next = 0; next < topics; next += 200)
      watched.push(...(await Promise.all(names.slice(next, next + 200).map((name) => watch(name)))));
    const channels = async () => ((await redis.client.pubsub('CHANNELS')) as string[]).length;
    expect(await channels()).toBe(topics);
    for (const { subscription } of watched) subscription.leave();
    expect(await channels()).toBe(topics);
    await clock.advance(1_001);
    await until('the channels are left', async () => (await channels()) === 0);
    await until('the process has heard so', () => logClock.pending === before.timers[1]);
    expect({ listeners: listeners(), timers: [clock.pending, logClock.pending] }).toEqual(before);
    expect(hub.groups).toBe(0);
    await hub.close();
  }, 60_000);
});
