/** What the event log on Redis promises when something breaks: no event is lost or sent twice, or the loss is reported. */
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { Unavailable } from '../../src/lib/unavailable.ts';
import { readLua } from '../../src/stores/event-log/lua.ts';
import { keyPrefix, never, tProcess } from '../support/event-log-redis.ts';
import { numbered, numbersOf, tFollower } from '../support/event-log.ts';
import { tRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const topic = 'dispatch:1';
const channel = `${keyPrefix}log:{${topic}}`;

test('heals what was published while the connection of the followers was cut', async () => {
  await using server = await tRedis();
  const bounds = { maxEvents: 100_000 };
  await using writer = tProcess({ url: server.url, name: 'writer', bounds });
  await using reader = tProcess({ url: server.url, name: 'reader', bounds });
  const follower = await tFollower(reader.log, topic);
  let kills = 0;
  const killing = (async () => {
    while (kills < 5) {
      await until('the channel is heard', async () => (await server.client.pubsub('NUMSUB', channel))[1]);
      kills += Number(await server.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
    }
  })();
  let count = 0;
  while (kills < 5) await writer.log.append(numbered(topic, ++count, count));
  await killing;
  await writer.log.append(numbered(topic, count + 1, count + 1));
  await follower.hasId(String(count + 1));
  expect(follower.events.map(({ offset }) => offset)).toEqual(numbersOf(1, count + 1));
  const { healed, lost } = await reader.gaps();
  expect(healed).toBeGreaterThan(0);
  expect(lost).toBe(0);
  expect(reader.lines).toContainEqual(
    expect.objectContaining({
      topic,
      after: expect.objectContaining({ offset: expect.any(Number) }),
      upTo: expect.objectContaining({ offset: expect.any(Number) }),
    }),
  );
});

test('goes on after Redis was killed and came back with its data', async () => {
  await using server = await tRedis({ appendonly: true });
  await using writer = tProcess({ url: server.url, name: 'writer' });
  await using reader = tProcess({ url: server.url, name: 'reader' });
  const follower = await tFollower(reader.log, topic);
  const crashing = (async () => {
    for (const number of [40, 80, 120]) {
      await follower.hasId(String(number));
      await server.restart();
    }
  })();
  for (const number of numbersOf(1, 160)) await writer.appendSurely(numbered(topic, number, number));
  await crashing;
  await follower.hasId('160');
  expect(follower.ids).toEqual(numbersOf(1, 160).map(String));
  expect(follower.lost).toEqual([]);
});

test('refuses what was to be appended before Redis came back empty: another process may have done so since', async () => {
  await using server = await tRedis();
  await using still = tProcess({ url: server.url, name: 'still' });
  await using other = tProcess({ url: server.url, name: 'other' });
  await still.log.append(numbered(topic, 1, 1), 7);
  await other.log.append(numbered(topic, 2, 2), 8);
  await server.client.flushall();
  await expect(still.log.append(numbered(topic, 2, 2), 7)).rejects.toMatchObject({ name: 'StaleTurn' });
  // In a later turn it has read what is left.
  await still.log.append(numbered(topic, 3, 3), 9);
  const { epoch } = await still.log.position(topic);
  expect(await still.log.read(topic, { epoch, offset: 0 }, 10)).toMatchObject({ events: [{ id: '3' }] });
});

test('refuses a first turn too that began before Redis came back empty, and nothing else', async () => {
  await using server = await tRedis();
  await using still = tProcess({ url: server.url, name: 'still' });
  await using other = tProcess({ url: server.url, name: 'other' });
  await still.log.beginTurns();
  await other.log.beginTurns();
  await still.log.append(numbered('dispatch:2', 1, 1), 7);
  await other.log.append(numbered(topic, 1, 2), 8);
  await server.client.flushall();
  await expect(still.log.append(numbered(topic, 1, 1), 7)).rejects.toMatchObject({ name: 'StaleTurn' });
  await still.log.beginTurns();
  await still.log.append(numbered(topic, 3, 3), 9);
  // What belongs to no turn is not asked for it.
  await other.log.append(numbered(topic, 4, 4));
  const { epoch } = await still.log.position(topic);
  expect(await still.log.read(topic, { epoch, offset: 0 }, 10)).toMatchObject({
    events: [{ id: '3' }, { id: '4' }],
  });
});

test('a call that is sent once more, since everything was lost before its answer came, begins another log than at first', async () => {
  await using server = await tRedis();
  const keys = ['meta', 'stream', 'ids', 'channel', 'passed'];
  const args = ['of-the-call', 60_000, '', 0, '', 0, 0, '', 60_000, 0];
  const begin = async () =>
    ((await server.client.eval(readLua, keys.length, ...keys, ...args)) as [string])[0];
  const first = await begin();
  expect(await begin()).toBe(first);
  await server.client.flushall();
  const lostAt = Date.now();
  await until('a later moment', () => Date.now() > lostAt);
  const second = await begin();
  expect(second).toMatch(/^of-the-call/);
  expect(second).not.toBe(first);
});

test('says that events are lost when Redis came back empty, and goes on under another epoch', async () => {
  await using server = await tRedis();
  await using process = tProcess({ url: server.url });
  const { log, gaps } = process;
  const follower = await tFollower(log, topic);
  const silent = await tFollower(log, 'dispatch:silent');
  const [before] = await log.append(numbered(topic, 1, 1));
  await follower.hasId('1');
  await server.restart();
  // Also where nothing is appended any more.
  const renewed = await silent.hasLost();
  expect(renewed).toEqual(await log.position('dispatch:silent'));
  const position = await follower.hasLost();
  expect(position).toEqual({ epoch: expect.not.stringContaining(before!.epoch), offset: 0 });
  await log.append(numbered(topic, 2, 3));
  await follower.hasId('3');
  expect(follower.events.map(({ offset }) => offset)).toEqual([1, 1, 2]);
  expect(await log.read(topic, before!, 10)).toMatchObject({ kind: 'lost' });
  expect(follower.lost).toHaveLength(1);
  expect(await gaps()).toEqual({ healed: 0, lost: 2 });
});

test('outlasts a Redis that does not answer for longer than a command may take', async () => {
  await using server = await tRedis();
  await using writer = tProcess({ url: server.url, name: 'writer', commandTimeoutMs: 200 });
  await using reader = tProcess({
    url: server.url,
    name: 'reader',
    commandTimeoutMs: 200,
    checkIntervalMs: 50,
  });
  const follower = await tFollower(reader.log, topic);
  await writer.log.append(numbered(topic, 1, 1));
  await server.kill('SIGSTOP');
  const refused = await writer.log.append(numbered(topic, 2, 2)).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Error);
  const appending = writer.appendSurely(numbered(topic, 2, 2));
  await server.kill('SIGCONT');
  await appending;
  for (const number of numbersOf(3, 20)) await writer.appendSurely(numbered(topic, number, number));
  await follower.hasId('20');
  expect(follower.ids).toEqual(numbersOf(1, 20).map(String));
});

test('says that events are lost when the log was trimmed past the gap', async () => {
  await using server = await tRedis();
  await using writer = tProcess({ url: server.url, name: 'writer', bounds: { maxEvents: 10 } });
  await using reader = tProcess({ url: server.url, name: 'reader', bounds: { maxEvents: 10 } });
  const follower = await tFollower(reader.log, topic);
  await writer.log.append(numbered(topic, 1, 3));
  await follower.hasId('3');
  await server.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await writer.log.append(numbered(topic, 4, 50));
  expect(await follower.hasLost()).toEqual(await writer.log.position(topic));
  await writer.log.append(numbered(topic, 51, 52));
  await follower.hasId('52');
  expect(follower.ids).toEqual(['1', '2', '3', '51', '52']);
  expect(await reader.gaps()).toEqual({ healed: 0, lost: 1 });
});

test('notices a lost last message although nothing follows it, and hears the channel again', async () => {
  await using server = await tRedis();
  await using writer = tProcess({ url: server.url, name: 'writer' });
  await using reader = tProcess({ url: server.url, name: 'reader', checkIntervalMs: 50 });
  const follower = await tFollower(reader.log, topic);
  await reader.redis.subscriber.unsubscribe(channel);
  await writer.log.append(numbered(topic, 1, 1));
  await follower.hasId('1');
  expect(await server.client.pubsub('NUMSUB', channel)).toEqual([channel, 1]);
  expect(await reader.gaps()).toEqual({ healed: 1, lost: 0 });
});

test('heals a hole before it goes on with what came behind it', async () => {
  await using server = await tRedis();
  await using writer = tProcess({ url: server.url, name: 'writer' });
  await using reader = tProcess({ url: server.url, name: 'reader' });
  const followers = [await tFollower(reader.log, topic), await tFollower(reader.log, topic)];
  await reader.redis.subscriber.unsubscribe(channel);
  await writer.log.append(numbered(topic, 1, 700));
  await reader.redis.subscriber.subscribe(channel);
  await Promise.all(numbersOf(701, 800).map((number) => writer.log.append(numbered(topic, number, number))));
  for (const follower of followers) {
    await follower.hasId('800');
    expect(follower.events.map(({ offset }) => offset)).toEqual(numbersOf(1, 800));
  }
  expect(await reader.gaps()).toEqual({ healed: 1, lost: 0 });
});

test('does not count events that are on their way as missing', async () => {
  await using server = await tRedis();
  await using writer = tProcess({ url: server.url, name: 'writer' });
  await using reader = tProcess({ url: server.url, name: 'reader', checkIntervalMs: 2 });
  const follower = await tFollower(reader.log, topic);
  for (const number of numbersOf(1, 1_000)) await writer.log.append(numbered(topic, number, number));
  await follower.hasId('1000');
  expect(follower.events.map(({ offset }) => offset)).toEqual(numbersOf(1, 1_000));
  expect(await reader.gaps()).toEqual({ healed: 0, lost: 0 });
});

test('does not miss what is published while the log is being read', async () => {
  await using server = await tRedis();
  await using writer = tProcess({ url: server.url, name: 'writer' });
  await using reader = tProcess({ url: server.url, name: 'reader' });
  const follower = await tFollower(reader.log, topic);
  const countReads = async () => {
    const stats = await server.client.info('commandstats');
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  };
  // Whoever joins has the log read. The answer is held back until the message of a later event has come.
  const { stream } = reader.redis.commands as Redis;
  const readsBefore = await countReads();
  stream.pause();
  const joining = tFollower(reader.log, topic);
  await until('the log is read', async () => (await countReads()) > readsBefore);
  const heard = once(reader.redis.subscriber, 'message');
  await writer.log.append(numbered(topic, 1, 1));
  await heard;
  stream.resume();
  await follower.hasId('1');
  const joined = await joining;
  expect(joined.following.position.offset).toBe(1);
  expect(follower.events.map(({ offset }) => offset)).toEqual([1]);
});

test('rejects a following that Redis does not answer, and leaves nothing of it behind', async () => {
  await using server = await tRedis();
  await using process = tProcess({ url: server.url, followTimeoutMs: 300, commandTimeoutMs: 200 });
  await process.log.position(topic);
  await server.kill();
  await expect(tFollower(process.log, topic)).rejects.toThrow(Unavailable);
  await expect(process.log.append(numbered(topic, 1, 1))).rejects.toThrow(Unavailable);
  await expect(process.log.position(topic)).rejects.toThrow(Unavailable);
  await server.restart();
  const follower = await until('following works again', () =>
    tFollower(process.log, topic).catch(() => undefined),
  );
  await process.log.append(numbered(topic, 1, 1));
  await follower.hasId('1');
  await follower.following.close();
  expect((await server.leftovers()).channels).toEqual([]);
});

test('closes while Redis is away, and waits for no answer', async () => {
  await using server = await tRedis();
  const process = tProcess({ url: server.url, commandTimeoutMs: never, followTimeoutMs: never });
  const follower = await tFollower(process.log, topic);
  await server.kill();
  await until('the connection is lost', () => process.redis.subscriber.status !== 'ready');
  await follower.following.close();
  await process.close();
});

test('keeps the order of a batch when Redis forgets its scripts', async () => {
  await using server = await tRedis();
  await using process = tProcess({ url: server.url });
  const follower = await tFollower(process.log, topic);
  await process.log.append(numbered(topic, 1, 250));
  await server.client.script('FLUSH');
  const positions = await process.log.append(numbered(topic, 251, 500));
  expect(positions.map(({ offset }) => offset)).toEqual(numbersOf(251, 500));
  await follower.hasId('500');
  expect(follower.ids).toEqual(numbersOf(1, 500).map(String));
});
