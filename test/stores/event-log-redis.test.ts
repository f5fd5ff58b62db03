/** What the event log on Redis costs, and what it leaves behind. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { keyPrefix, tProcess } from '../support/event-log-redis.ts';
import { anEvent, numbered, numbersOf, tFollower } from '../support/event-log.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

let server: TestRedis;
beforeAll(async () => {
  server = await tRedis();
});
afterAll(() => server.stop());
beforeEach(() => server.client.flushall());

/** Calls of each command that `run` caused, those of scripts included. */
async function countCommands(run: () => Promise<unknown>): Promise<Record<string, number>> {
  await server.client.config('RESETSTAT');
  await run();
  const stats = await server.client.info('commandstats');
  const calls = [...stats.matchAll(/cmdstat_(\S+):calls=(\d+)/g)].map(([, name, count]) => [
    name,
    Number(count),
  ]);
  return Object.fromEntries(calls.filter(([name]) => !/^(config|info)/.test(String(name)))) as Record<
    string,
    number
  >;
}

test('one append is one round trip, whether somebody follows or not', async () => {
  await using process = tProcess({ url: server.url });
  const { log } = process;
  await log.append(numbered('dispatch:1', 1, 2));
  const unfollowed = await countCommands(() => log.append(numbered('dispatch:1', 3, 3)));
  // What the client sends is the one evalsha; all else happens inside the script.
  expect(unfollowed).toEqual({
    evalsha: 1,
    time: 1,
    hmget: 1,
    hget: 1,
    xadd: 1,
    hset: 2,
    publish: 1,
    xrange: 1,
    pexpire: 3,
  });
  const follower = await tFollower(log, 'dispatch:1');
  const followed = await countCommands(async () => {
    await log.append(numbered('dispatch:1', 4, 4));
    await follower.hasId('4');
  });
  expect(followed).toEqual(unfollowed);
});

test('topics without events leave no key behind, and expire where their followers have died', async () => {
  await using process = tProcess({ url: server.url, checkIntervalMs: 60_000 });
  const topics = numbersOf(1, 1_000).map((number) => `dispatch:${number}`);
  const followers = await Promise.all(topics.map((topic) => tFollower(process.log, topic)));
  expect(await server.client.dbsize()).toBe(1_000);
  await Promise.all(followers.map(({ following }) => following.close()));
  expect(await server.client.dbsize()).toBe(0);

  const left = await tFollower(process.log, 'message:general');
  const [key] = await server.client.keys('*');
  const ttlMs = await server.client.pttl(key!);
  expect(ttlMs).toBeGreaterThan(120_000);
  // Much less than a log with events, which is kept for ten minutes here.
  expect(ttlMs).toBeLessThan(300_000);
  left.following.keep();
  await left.following.close();
  expect(await server.client.pttl(key!)).toBeGreaterThan(300_000);
});

test('a topic without events that is left by others stays for a follower who is on the way back to its channel', async () => {
  await using staying = tProcess({ url: server.url, name: 'staying', checkIntervalMs: 100 });
  await using leaving = tProcess({ url: server.url, name: 'leaving', forgetAfterMs: 20_000 });
  const [follower, other] = [
    await tFollower(staying.log, 'message:general'),
    await tFollower(leaving.log, 'message:general'),
  ];
  const clients = String(await server.client.call('CLIENT', 'LIST', 'TYPE', 'pubsub')).split('\n');
  const own = clients.filter((line) => line.includes('staying')).map((line) => /^id=(\d+)/.exec(line)![1]!);
  expect(own).toHaveLength(1);
  await server.client.call('CLIENT', 'KILL', 'ID', own[0]!);
  await other.following.close();
  const [key] = await server.client.keys('*:meta');
  // Its next check keeps it for longer than the one that has left would.
  await until('it is kept', async () => (await server.client.pttl(key!)) > 60_000);
  await leaving.log.append(numbered('message:general', 1, 1));
  await follower.hasId('1');
  expect((await staying.gaps()).lost).toBe(0);
});

test('a batch costs one call per topic', async () => {
  await using process = tProcess({ url: server.url });
  const { log } = process;
  await log.append(numbered('warm', 1, 1));
  const batch = numbersOf(1, 50).flatMap((number) => [
    { topic: `dispatch:${number % 4}`, event: anEvent(String(number)) },
    { topic: 'dispatches', event: anEvent(String(number)) },
  ]);
  const { evalsha, publish } = await countCommands(() => log.append(batch));
  expect({ evalsha, publish }).toEqual({ evalsha: 5, publish: 100 });
});

test('followers of one topic in one process share one channel', async () => {
  await using process = tProcess({ url: server.url });
  const { log } = process;
  const first = await tFollower(log, 'dispatch:1');
  const { subscribe, evalsha } = await countCommands(async () => {
    const others = await Promise.all(numbersOf(1, 9).map(() => tFollower(log, 'dispatch:1')));
    await Promise.all(others.map(({ following }) => following.close()));
  });
  expect(subscribe).toBeUndefined();
  expect(evalsha).toBeLessThanOrEqual(9);
  expect(await server.client.pubsub('NUMSUB', `${keyPrefix}log:{dispatch:1}`)).toContain(1);
  await first.following.close();
  expect((await server.leftovers()).channels).toEqual([]);
});

test('everything expires, but for the position of a topic that somebody follows', async () => {
  await using process = tProcess({ url: server.url, bounds: { maxAgeMs: 300 }, checkIntervalMs: 50 });
  const { log } = process;
  const follower = await tFollower(log, 'dispatch:followed');
  const [silent] = await log.append([
    ...numbered('dispatch:silent', 1, 1),
    ...numbered('dispatch:followed', 1, 1),
  ]);
  expect((await server.leftovers()).persistentKeys).toEqual([]);
  const meta = `${keyPrefix}log:{dispatch:followed}:meta`;
  await until('only one key is left', async () => (await server.client.keys('*')).join() === meta);
  expect(await log.read('dispatch:silent', silent!, 10)).toMatchObject({ kind: 'lost' });
  await log.append(numbered('dispatch:followed', 2, 2));
  await follower.hasId('2');
  expect(follower.events.map(({ offset }) => offset)).toEqual([1, 2]);
  expect(follower.lost).toEqual([]);
  await follower.following.close();
  await until('nothing is left', async () => (await server.client.dbsize()) === 0);
});

test('5,000 topics in one process: all live, all heard again after an outage, nothing left behind', async () => {
  await using writer = tProcess({ url: server.url, name: 'writer', commandTimeoutMs: 20_000 });
  await using reader = tProcess({ url: server.url, name: 'reader', followTimeoutMs: 60_000 });
  const countChannels = async () => (await server.client.pubsub('CHANNELS')).length;
  const topics = numbersOf(1, 5_000).map((number) => `dispatch:${number}`);
  const heapBefore = process.memoryUsage().heapUsed;
  const start = performance.now();
  const followers = await Promise.all(topics.map((topic) => tFollower(reader.log, topic)));
  const followMs = performance.now() - start;
  const heapPerTopic = (process.memoryUsage().heapUsed - heapBefore) / topics.length;
  const appendToAll = async (id: string) => {
    await writer.log.append(topics.map((topic) => ({ topic, event: anEvent(id) })));
    await Promise.all(followers.map((follower) => follower.hasId(id)));
  };
  await appendToAll('first');
  // Cut again while thousands of subscriptions are being made again.
  for (let cuts = 0; cuts < 5; cuts++) {
    await until('some channel is heard', async () => (await countChannels()) > 0);
    await server.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  }
  await writer.log.append(topics.map((topic) => ({ topic, event: anEvent('unheard') })));
  await until('all channels are heard', async () => (await countChannels()) === topics.length);
  await appendToAll('second');
  expect(followers.filter(({ ids }) => ids.join() !== 'first,unheard,second')).toEqual([]);
  expect(followers.flatMap(({ lost }) => lost)).toEqual([]);

  await Promise.all(followers.map(({ following }) => following.close()));
  await until('all channels are left', async () => (await countChannels()) === 0);
  expect((await server.leftovers()).persistentKeys).toEqual([]);
  await reader.log.close();
  expect(reader.redis.subscriber.listenerCount('message')).toBe(0);
  console.info(
    `5,000 topics followed in ${followMs.toFixed(0)} ms, ${(heapPerTopic / 1024).toFixed(1)} KiB of heap each`,
  );
}, 120_000);

test('closing the log leaves no channel, whatever is still followed', async () => {
  const closing = tProcess({ url: server.url });
  await Promise.all(numbersOf(1, 1_200).map((number) => tFollower(closing.log, `dispatch:${number}`)));
  await closing.log.close();
  expect((await server.leftovers()).channels).toEqual([]);
  await expect(tFollower(closing.log, 'dispatch:1')).rejects.toThrow('closed');
  await closing.redis.close();
});
