/** What the signal bus promises while Redis goes and comes back, and about messages of other senders. */
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { PubSubRedis } from '../../src/stores/pubsub/redis.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { Unavailable } from '../../src/lib/unavailable.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

function tBus(server: TestRedis) {
  const lines: string[] = [];
  const log = pino({}, { write: (line) => void lines.push(line) });
  const redis = new RedisConnections({ url: server.url, keyPrefix: 'test:', name: 'process', log });
  const bus = new PubSubRedis({ redis, log });
  const close = async () => {
    await bus.close();
    await redis.close();
  };
  return { bus, redis, lines, close, [Symbol.asyncDispose]: close };
}

test('subscriptions are there again after Redis was killed, and those made meanwhile as well', async () => {
  await using server = await tRedis();
  await using process = tBus(server);
  const { bus, lines } = process;
  const heard: string[] = [];
  await bus.subscribe('before', (message) => heard.push(`before ${message as string}`));
  const leave = await bus.subscribe('left', (message) => heard.push(`left ${message as string}`));
  await server.kill('SIGKILL');
  await expect(bus.publish('before', 'lost')).rejects.toThrow(Unavailable);
  const meanwhile = bus.subscribe('meanwhile', (message) => heard.push(`meanwhile ${message as string}`));
  await leave();

  await server.restart();
  await meanwhile;
  await until('the channels are there', async () => {
    const channels = (await server.client.pubsub('CHANNELS')) as string[];
    return channels.sort().join() === 'test:signal:before,test:signal:meanwhile';
  });
  await until('publishing works', () =>
    bus.publish('left', 'x').then(
      () => true,
      () => false,
    ),
  );
  await bus.publish('before', 'x');
  await bus.publish('meanwhile', 'x');
  await until('both were heard', () => heard.length === 2);
  expect(heard).toEqual(['before x', 'meanwhile x']);
  expect(lines.filter((line) => line.includes('Redis is away'))).not.toHaveLength(0);
  expect(lines.filter((line) => line.includes('Redis is back'))).not.toHaveLength(0);
});

test('closing while Redis is away ends the waiting of subscribe', async () => {
  await using server = await tRedis();
  await using process = tBus(server);
  await process.bus.subscribe('a', () => {});
  await server.kill('SIGKILL');
  await until('that is noticed', () => process.redis.subscriber.status !== 'ready');
  const subscribing = process.bus.subscribe('b', () => {});
  const refused = expect(subscribing).rejects.toThrow('closed');
  await process.close();
  await refused;
});

test("a channel that Redis refuses is the caller's to know, and the bus goes on", async () => {
  await using server = await tRedis();
  await server.client.acl('SETUSER', 'default', 'resetchannels', '&test:signal:open');
  await using process = tBus(server);
  const { bus } = process;
  const heard: unknown[] = [];
  await bus.subscribe('open', (message) => heard.push(message));
  await expect(bus.subscribe('shut', () => {})).rejects.toThrow('NOPERM');
  await expect(bus.publish('shut', 1)).rejects.toThrow('NOPERM');
  await bus.publish('open', 1);
  await until('it was heard', () => heard.length === 1);

  await server.client.acl('SETUSER', 'default', 'allchannels');
  await bus.subscribe('shut', (message) => heard.push(message));
  await bus.publish('shut', 2);
  await until('it was heard', () => heard.length === 2);
});

test('a message that is no JSON is logged and reaches nobody', async () => {
  await using server = await tRedis();
  await using process = tBus(server);
  const { bus, lines } = process;
  const heard: unknown[] = [];
  await bus.subscribe('a', (message) => heard.push(message));
  await server.client.publish('test:signal:a', '{"half":');
  await server.client.publish('test:signal:a', '"whole"');
  await until('the whole one was heard', () => heard.length > 0);
  expect(heard).toEqual(['whole']);
  expect(lines.filter((line) => line.includes('no JSON'))).toHaveLength(1);
});

test('a thousand subscribers of one channel are one subscription of Redis, and none when they have left', async () => {
  await using server = await tRedis();
  await using process = tBus(server);
  const { bus, redis } = process;
  const before = redis.subscriber.listenerCount('message');
  const leave = await Promise.all(Array.from({ length: 1_000 }, () => bus.subscribe('a', () => {})));
  expect(await server.client.pubsub('NUMSUB', 'test:signal:a')).toEqual(['test:signal:a', 1]);
  await Promise.all(leave.map((each) => each()));
  await until('the channel is gone', async () => (await server.leftovers()).channels.length === 0);
  expect(redis.subscriber.listenerCount('message')).toBe(before);
  await bus.close();
  expect(redis.subscriber.listenerCount('message')).toBe(before - 1);
});
