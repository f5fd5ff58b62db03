/** What the event log promises on a Redis Cluster: its work stays on one node, and nodes may fail one after the other. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  keyPrefix,
  tProcess,
  type TestProcess,
  type TestProcessOptions,
} from '../support/event-log-redis.ts';
import { anEvent, numbered, numbersOf, tFollower } from '../support/event-log.ts';
import { tRedisCluster, type TestRedisCluster } from '../support/redis-cluster.ts';
import { until } from '../support/until.ts';

let cluster: TestRedisCluster;
beforeAll(async () => {
  cluster = await tRedisCluster();
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

async function tClusterProcess(options: Omit<TestProcessOptions, 'url'> = {}): Promise<TestProcess> {
  const process = tProcess({ url: cluster.url, ...options });
  expect(await process.redis.ready(10_000)).toBe(true);
  return process;
}

/** Channels that somebody hears, on all nodes. */
async function countChannels(): Promise<number> {
  const perNode = await Promise.all(
    cluster.nodes.map(({ client }) => client.call('PUBSUB', 'SHARDCHANNELS', `${keyPrefix}*`)),
  );
  return perNode.flat().length;
}

async function appendToAll(process: TestProcess, topics: readonly string[], id: string): Promise<void> {
  await process.appendSurely(topics.map((topic) => ({ topic, event: anEvent(id) })));
}

const topicsOf = (name: string, count: number) => numbersOf(1, count).map((number) => `${name}:${number}`);

test('an event is the business of one node alone', async () => {
  await using writer = await tClusterProcess();
  await using reader = await tClusterProcess();
  const follower = await tFollower(reader.log, 'dispatch:1');
  await writer.log.append(numbered('dispatch:1', 1, 1));
  await Promise.all(cluster.nodes.map(({ client }) => client.config('RESETSTAT')));
  await writer.log.append(numbered('dispatch:1', 2, 2));
  await follower.hasId('2');
  const owner = await cluster.nodeOf(`${keyPrefix}log:{dispatch:1}`);
  const messagesOnBus = async (client: typeof owner.client) =>
    Number(/messages_publish_sent:(\d+)/.exec(String(await client.cluster('INFO')))?.[1] ?? 0);
  for (const { client } of cluster.nodes) {
    const stats = await client.info('commandstats');
    expect(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]).toBe(client === owner.client ? '1' : undefined);
    expect(await messagesOnBus(client)).toBe(0);
  }
});

test('heals what was published while connections to the nodes were cut', async () => {
  await using writer = await tClusterProcess({ name: 'writer' });
  await using reader = await tClusterProcess({ name: 'reader', checkIntervalMs: 100 });
  const topics = topicsOf('cut', 30);
  const followers = await Promise.all(topics.map((topic) => tFollower(reader.log, topic)));
  for (const number of numbersOf(1, 60)) {
    await appendToAll(writer, topics, String(number));
    if (number % 10 !== 5) continue;
    const { client } = cluster.nodes[((number / 5) % 3) | 0]!;
    await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  }
  await Promise.all(followers.map((follower) => follower.hasId('60')));
  for (const { events, lost } of followers) {
    expect(events.map(({ offset }) => offset)).toEqual(numbersOf(1, 60));
    expect(lost).toEqual([]);
  }
  expect((await reader.gaps()).healed).toBeGreaterThan(0);
});

test('goes on after a master was killed and came back with its data', async () => {
  await using writer = await tClusterProcess({ name: 'writer' });
  await using reader = await tClusterProcess({ name: 'reader', checkIntervalMs: 100 });
  const topics = topicsOf('killed', 12);
  const followers = await Promise.all(topics.map((topic) => tFollower(reader.log, topic)));
  await appendToAll(writer, topics, '1');
  await Promise.all(followers.map((follower) => follower.hasId('1')));
  for (const [index, node] of cluster.nodes.entries()) {
    await node.kill();
    const appending = appendToAll(writer, topics, String(index + 2));
    await node.restart();
    await appending;
    await Promise.all(followers.map((follower) => follower.hasId(String(index + 2))));
  }
  for (const { ids, lost } of followers) {
    expect(ids).toEqual(['1', '2', '3', '4']);
    expect(lost).toEqual([]);
  }
  await until('all channels are heard again', async () => (await countChannels()) === topics.length);
});

test('1,000 topics on three nodes leave nothing behind', async () => {
  await using writer = await tClusterProcess({ name: 'writer' });
  await using reader = await tClusterProcess({ name: 'reader', checkIntervalMs: 200 });
  const topics = topicsOf('many', 1_000);
  const followers = await Promise.all(topics.map((topic) => tFollower(reader.log, topic)));
  expect(await countChannels()).toBe(1_000);
  await appendToAll(writer, topics, 'first');
  for (const { client } of cluster.nodes) await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await appendToAll(writer, topics, 'unheard');
  await until('all channels are heard again', async () => (await countChannels()) === 1_000, 30_000);
  await appendToAll(writer, topics, 'last');
  await Promise.all(followers.map((follower) => follower.hasId('last')));
  expect(followers.filter(({ ids }) => ids.join() !== 'first,unheard,last')).toEqual([]);
  await Promise.all(followers.map(({ following }) => following.close()));
  await until('all channels are left', async () => (await countChannels()) === 0);
}, 60_000);
