/** The single connection mode of graphql-sse over three real processes, each request of which lands on the next one. */
import { describe, expect, test } from '@jest/globals';
import { tSharedEventClient } from '../support/event-stream.ts';
import { tRoundRobin } from '../support/round-robin.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { tServices, type TestServiceOptions } from '../support/service.ts';
import { listen, messageBroadcast, numbersOf, range, say, type Message } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const tService = tServices();
const channels = ['general', 'norte', 'sur'];

/** Three processes behind a balancer, and a stock client that listens to three channels over one stream. */
async function tListening(options: Pick<TestServiceOptions, 'appendonly'> = {}) {
  const { servers, redis } = await tService({ env: { EVENT_STREAM_TICKETS: 'header' }, ...options });
  const all = servers as [ServerProcess, ServerProcess, ServerProcess];
  const balancer = await tRoundRobin(all.map(({ url }) => url));
  const client = tSharedEventClient(balancer.url, await all[0].client.token());
  const shown = channels.map((channel) => listen<Message>(client, messageBroadcast, { channel }));
  await until('all are live', async () => (await sum(all, 'dispatch_subscriptions')) === 3);
  return { servers: all, redis, balancer, shown };
}

/** Over the processes that can be asked. */
async function sum(servers: readonly ServerProcess[], metric: string): Promise<number> {
  const values = await Promise.all(servers.map(({ client }) => client.metric(metric)));
  return values.reduce((total, value) => total + value, 0);
}

async function holderOf(servers: readonly ServerProcess[]): Promise<ServerProcess> {
  for (const server of servers) if ((await server.client.metric('dispatch_event_streams')) > 0) return server;
  throw new Error('No process has a stream.');
}

type Listening = Awaited<ReturnType<typeof tListening>>['shown'][number];

/** All that was said came, in order; some of it may have come again. */
const firstsOf = ({ events }: Listening) => [...new Set(numbersOf(events))];
const untilShown = (shown: readonly Listening[], last: number) =>
  Promise.all(shown.map((one) => one.until((events) => numbersOf(events).includes(last))));
const sayAll = (server: ServerProcess, first: number, last: number) =>
  Promise.all(channels.map((channel) => say(server.client, channel, first, last)));

describe('a stock client', () => {
  test('has its operations on one stream, whichever process its requests come to, and leaves nothing behind', async () => {
    const { servers, redis, balancer, shown } = await tListening();
    expect(balancer.log.map((line) => line.split(' ')[0])).toEqual(['PUT', 'GET', 'POST', 'POST', 'POST']);
    const numberOf = (line: string) => line.split(' ')[1];
    const [, opened, ...posted] = balancer.log;
    // Of three operations in turn, two or three have come to a process that does not have the stream.
    expect(posted.filter((line) => numberOf(line) !== numberOf(opened!)).length).toBeGreaterThanOrEqual(2);
    expect(await sum(servers, 'dispatch_event_streams')).toBe(1);
    await sayAll(servers[0], 1, 20);
    await untilShown(shown, 20);
    expect(shown.map(({ events }) => numbersOf(events))).toEqual(channels.map(() => range(1, 20)));
    for (let left = 2; left >= 0; left -= 1) {
      shown[left]!.unsubscribe();
      await until('one has ended', async () => (await sum(servers, 'dispatch_subscriptions')) === left);
    }
    expect(balancer.log.filter((line) => line.startsWith('DELETE'))).toHaveLength(3);
    await until('the stream is gone', async () => (await sum(servers, 'dispatch_event_streams')) === 0);
    await Promise.all(servers.map((server) => server.kill('SIGTERM')));
    const { persistentKeys, channels: heard } = await redis.leftovers();
    expect([persistentKeys, heard, shown.flatMap(({ failures }) => failures)]).toEqual([[], [], []]);
  }, 90_000);

  test('misses nothing when the process of its stream is killed', async () => {
    const { servers, shown } = await tListening();
    await sayAll(servers[0], 1, 10);
    await untilShown(shown, 10);
    const holder = await holderOf(servers);
    const others = servers.filter((server) => server !== holder);
    await holder.kill('SIGKILL');
    await sayAll(others[0]!, 11, 20);
    await untilShown(shown, 20);
    await sayAll(others[1]!, 21, 30);
    await untilShown(shown, 30);
    expect(shown.map(firstsOf)).toEqual(channels.map(() => range(1, 30)));
    expect(shown.flatMap(({ failures }) => failures)).toEqual([]);
  }, 90_000);

  test('misses nothing when the process of its stream stands still, which writes over nothing when it wakes', async () => {
    const { servers, balancer, shown } = await tListening();
    await sayAll(servers[0], 1, 10);
    await untilShown(shown, 10);
    const holder = await holderOf(servers);
    const others = servers.filter((server) => server !== holder);
    await until('it has arrived', async () => (await sum([holder], 'dispatch_acknowledgements_total')) > 0);
    holder.signal('SIGSTOP');
    balancer.leaveOut(holder.url);
    await sayAll(others[0]!, 11, 20);
    balancer.cut();
    await untilShown(shown, 20);
    holder.signal('SIGCONT');
    await until('it has noticed', async () => (await sum([holder], 'dispatch_subscriptions')) === 0);
    await sayAll(others[1]!, 21, 30);
    balancer.cut();
    await sayAll(others[1]!, 31, 40);
    await untilShown(shown, 40);
    expect(shown.map(firstsOf)).toEqual(channels.map(() => range(1, 40)));
    expect(shown.flatMap(({ failures }) => failures)).toEqual([]);
  }, 90_000);

  test('misses nothing when the process of its stream is drained, and is shown nothing twice', async () => {
    const { servers, shown } = await tListening();
    await sayAll(servers[0], 1, 10);
    await untilShown(shown, 10);
    const holder = await holderOf(servers);
    const others = servers.filter((server) => server !== holder);
    const ended = holder.kill('SIGTERM');
    await sayAll(others[0]!, 11, 20);
    await untilShown(shown, 20);
    expect(shown.map(({ events }) => numbersOf(events))).toEqual(channels.map(() => range(1, 20)));
    await ended;
  }, 90_000);

  test('misses nothing when Redis was lost', async () => {
    const { servers, redis, shown } = await tListening({ appendonly: false });
    await sayAll(servers[0], 1, 10);
    await untilShown(shown, 10);
    await redis.kill();
    await redis.restart();
    await sayAll(servers[1], 11, 20);
    await untilShown(shown, 20);
    expect(shown.map(firstsOf)).toEqual(channels.map(() => range(1, 20)));
  }, 90_000);
});
