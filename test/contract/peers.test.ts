/** What every implementation of peers promises: each process is asked, and who does not answer is named. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/observability/log.ts';
import { PeersMemory } from '../../src/stores/peers/memory.ts';
import type { Question } from '../../src/stores/peers/messages.ts';
import type { Answering, Peers } from '../../src/stores/peers/peers.ts';
import { PeersRedis } from '../../src/stores/peers/redis.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { tRedisCluster, type TestRedisCluster } from '../support/redis-cluster.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const log = createLogger('silent');
const question = (): Extract<Question, { kind: 'live' }> => ({
  kind: 'live',
  filter: { userId: null, operationName: null, limit: 10 },
});
const answering =
  (total: number): Answering =>
  async () => ({ kind: 'live', total, subscriptions: [] });

interface Member {
  readonly peers: Peers;
  close(): Promise<void>;
}

function tProcess(url: string, keyPrefix: string, name: string): Member {
  const redis = new RedisConnections({ url, keyPrefix, name, log });
  const peers = new PeersRedis({ redis, clock: systemClock, name, log });
  return {
    peers,
    async close() {
      await peers.close();
      await redis.close();
    },
  };
}

const totalsOf = async (peers: Peers) => {
  const { answers, silent, isComplete } = await peers.ask(question());
  return {
    totals: answers.map(({ total }) => total).toSorted(),
    silent: silent.map(({ name }) => name),
    isComplete,
  };
};

/** Resolves when all of them hear what is asked, and know of each other: who asks says that it is there. */
async function allListening(processes: readonly Member[]): Promise<void> {
  for (const { peers } of [...processes, ...processes])
    await until('all answer', async () => (await totalsOf(peers)).totals.length === processes.length);
}

test('a process alone asks itself', async () => {
  const peers = new PeersMemory({ log });
  expect(await totalsOf(peers)).toEqual({ totals: [], silent: [], isComplete: false });
  peers.listen(answering(7));
  expect(await totalsOf(peers)).toEqual({ totals: [7], silent: [], isComplete: true });
  await peers.close();
});

let server: TestRedis;
let cluster: TestRedisCluster;
beforeAll(async () => {
  [server, cluster] = await Promise.all([tRedis(), tRedisCluster()]);
});
afterAll(async () => {
  await server.stop();
  await cluster[Symbol.asyncDispose]();
});

describe.each([
  ['Redis', () => server.url],
  ['a Redis Cluster', () => cluster.url],
])('processes that share %s', (name, urlOf) => {
  const prefix = `peers-${name.length}:`;

  test('all answer, and none is silent; one that has ended is not asked any more', async () => {
    const processes = ['one', 'two', 'three'].map((each) => tProcess(urlOf(), `${prefix}all:`, each));
    const [one, two, three] = processes as [Member, Member, Member];
    processes.forEach(({ peers }, index) => peers.listen(answering(index + 1)));
    await allListening(processes);
    for (const { peers } of processes)
      expect(await totalsOf(peers)).toEqual({ totals: [1, 2, 3], silent: [], isComplete: true });
    await three.close();
    expect(await totalsOf(two.peers)).toEqual({ totals: [1, 2], silent: [], isComplete: true });
    await Promise.all([one.close(), two.close()]);
  });

  test('one that does not answer is named, and holds up nobody for longer than the time that others have', async () => {
    const processes = ['one', 'frozen'].map((each) => tProcess(urlOf(), `${prefix}frozen:`, each));
    const [one, frozen] = processes as [Member, Member];
    one.peers.listen(answering(1));
    let isFrozen = false;
    const never = new Promise<never>(() => {});
    frozen.peers.listen((asked) => (isFrozen ? never : answering(2)(asked)));
    await allListening(processes);
    isFrozen = true;
    expect(await totalsOf(one.peers)).toEqual({ totals: [1], silent: ['frozen'], isComplete: false });
    const { silent } = await one.peers.ask(question());
    expect(silent[0]!.lastSeen).toBeGreaterThan(0);
    await Promise.all(processes.map((each) => each.close()));
  });

  test('one whose answer fails counts as silent', async () => {
    const processes = ['one', 'failing'].map((each) => tProcess(urlOf(), `${prefix}failing:`, each));
    const [one, failing] = processes as [Member, Member];
    one.peers.listen(answering(1));
    let fails = false;
    failing.peers.listen(async (asked) => {
      if (fails) throw new Error('It cannot.');
      return answering(2)(asked);
    });
    await allListening(processes);
    fails = true;
    expect(await totalsOf(one.peers)).toEqual({ totals: [1], silent: ['failing'], isComplete: false });
    await Promise.all(processes.map((each) => each.close()));
  });
});

test('where Redis is away this process answers alone, and names those that it knows; afterwards all answer again', async () => {
  await using redis = await tRedis();
  const processes = ['one', 'two'].map((each) => tProcess(redis.url, 'away:', each));
  const [one, two] = processes as [Member, Member];
  processes.forEach(({ peers }, index) => peers.listen(answering(index + 1)));
  await allListening(processes);
  await redis.kill();
  await until('it is noticed', async () => !(await totalsOf(one.peers)).isComplete);
  expect(await totalsOf(one.peers)).toEqual({ totals: [1], silent: ['two'], isComplete: false });
  // It comes back without what it knew.
  await redis.restart();
  await until('all answer', async () => (await totalsOf(two.peers)).isComplete);
  expect(await totalsOf(two.peers)).toEqual({ totals: [1, 2], silent: [], isComplete: true });
  await Promise.all(processes.map((each) => each.close()));
  expect(await redis.leftovers()).toEqual({ persistentKeys: [], channels: [], clients: [] });
});
