/** What the event log does with a Redis that came back from an older copy of its data: after a crash, or a failover to a replica that lagged. */
import { expect, test } from '@jest/globals';
import type { AppendedEvent, Position } from '../../src/stores/event-log/event-log.ts';
import { keyPrefix, tProcess } from '../support/event-log-redis.ts';
import { anEvent, numbered, numbersOf, tFollower } from '../support/event-log.ts';
import { tRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const topic = 'dispatch:1';
const channel = `${keyPrefix}log:{${topic}}`;

/** Events 1, 2, 3 … of a topic, that were appended at these positions just now. */
const appendedTo = (of: string, positions: readonly Position[]): AppendedEvent[] =>
  positions.map((position, at) => ({ topic: of, id: String(at + 1), position, at: Date.now() }));

test('begins a new epoch when Redis came back without the newest events: no number is used twice', async () => {
  await using server = await tRedis();
  await using appender = tProcess({ url: server.url, name: 'appender' });
  await using reader = tProcess({ url: server.url, name: 'reader' });
  const follower = await tFollower(reader.log, topic);
  await appender.log.append([...numbered(topic, 1, 5), ...numbered('dispatches', 1, 5)]);
  await server.client.save();
  const [cursor, , boardCursor] = await appender.log.append([
    ...numbered(topic, 6, 7),
    ...numbered('dispatches', 6, 7),
  ]);
  await follower.hasId('7');
  await server.restart();
  // A follower notices,
  const renewed = await follower.hasLost();
  expect(renewed.epoch).not.toBe(cursor!.epoch);
  // and where there is none, the next append of a process that knows better.
  const [next] = await appender.appendSurely(numbered('dispatches', 8, 20));
  expect(next!.epoch).not.toBe(boardCursor!.epoch);
  expect(await reader.log.read('dispatches', boardCursor!, 10)).toMatchObject({ kind: 'lost' });
  await appender.appendSurely(numbered(topic, 8, 20));
  await follower.hasId('20');
  expect(await reader.log.read(topic, cursor!, 10)).toMatchObject({ kind: 'lost' });
  expect(follower.ids).toEqual(numbersOf(1, 20).map(String));
});

test('notices that Redis came back older, even when others have appended past it again', async () => {
  await using server = await tRedis();
  await using reader = tProcess({ url: server.url, name: 'reader' });
  const follower = await tFollower(reader.log, topic);
  await reader.log.append(numbered(topic, 1, 2));
  await server.client.save();
  await reader.log.append([{ topic, event: anEvent('forgotten') }]);
  await follower.hasId('forgotten');
  // Cut off, while a process that knows nothing appends to the older log.
  await reader.redis.subscriber.unsubscribe(channel);
  await server.kill();
  reader.redis.subscriber.disconnect();
  await server.restart();
  await using stranger = tProcess({ url: server.url, name: 'stranger' });
  const [other] = await stranger.appendSurely(numbered(topic, 100, 110));
  expect(other!.offset).toBe(3);
  await reader.redis.subscriber.connect();
  expect((await follower.hasLost()).epoch).not.toBe(other!.epoch);
});

test('finds what Redis came back without, also where others have appended past it, and begins those logs anew', async () => {
  await using server = await tRedis();
  await using appender = tProcess({ url: server.url, name: 'appender' });
  const whole = await appender.log.append(numbered('dispatch:whole', 1, 3));
  const before = await appender.log.append(numbered(topic, 1, 3));
  await server.client.save();
  const after = await appender.log.append(numbered(topic, 4, 6));
  await server.kill();
  await server.restart();
  await using stranger = tProcess({ url: server.url, name: 'stranger' });
  const [taken] = await stranger.appendSurely(numbered(topic, 7, 8));
  expect(taken).toEqual(after[0]);
  const appended = [...appendedTo('dispatch:whole', whole), ...appendedTo(topic, [...before, ...after])];
  expect((await stranger.log.findMissing(appended)).map(({ id }) => id)).toEqual(['4', '5', '6']);
  expect(await stranger.log.position(topic)).toEqual({
    epoch: expect.not.stringContaining(taken!.epoch),
    offset: 0,
  });
  expect(await stranger.log.position('dispatch:whole')).toEqual(whole[2]);
  expect(await stranger.log.findMissing(appended)).toEqual([]);
});

test('finds that a log came back which another one had followed, and begins a third one', async () => {
  await using server = await tRedis();
  await using one = tProcess({ url: server.url, name: 'one' });
  const [first] = await one.log.append(numbered(topic, 1, 1));
  await server.client.save();
  await server.client.flushall();
  const second = await one.log.append(numbered(topic, 2, 3));
  expect(second[0]!.epoch).not.toBe(first!.epoch);
  await server.restart();
  await using stranger = tProcess({ url: server.url, name: 'stranger' });
  await until('it is back', () => stranger.redis.commands.status === 'ready');
  // As it was; but whoever has a position in it may miss what was appended to the other one.
  expect(await stranger.log.position(topic)).toEqual(first);
  const appended = appendedTo(topic, second);
  expect(await stranger.log.findMissing(appended)).toEqual(appended);
  const { epoch } = await stranger.log.position(topic);
  expect([first!.epoch, second[0]!.epoch]).not.toContain(epoch);
  expect(await stranger.log.findMissing(appended)).toEqual([]);
});

test('refuses what was to be appended before Redis was started again: nobody has looked since what it lacks', async () => {
  await using server = await tRedis();
  await using one = tProcess({ url: server.url, name: 'one' });
  await one.log.beginTurns();
  await one.log.append(numbered(topic, 1, 1), 7);
  await server.client.save();
  await one.log.append(numbered(topic, 2, 3), 8);
  await server.restart();
  await until('it is back', () => one.redis.commands.status === 'ready');
  await expect(one.log.append(numbered('dispatch:2', 1, 1), 9)).rejects.toMatchObject({ name: 'StaleTurn' });
  expect(await one.log.position('dispatch:2')).toMatchObject({ offset: 0 });
  await one.log.beginTurns();
  await one.log.append(numbered('dispatch:2', 1, 1), 9);
  expect(await one.log.position('dispatch:2')).toMatchObject({ offset: 1 });
});
