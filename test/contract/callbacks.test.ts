/** The contract of the store of callbacks: in the record of a single process, on Redis, and on a Redis Cluster. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '../../src/observability/log.ts';
import type {
  CallbackAct,
  CallbackEntry,
  CallbackStore,
  TakenCallback,
} from '../../src/stores/callbacks/callbacks.ts';
import { CallbacksRecord } from '../../src/stores/callbacks/record.ts';
import { CallbacksRedis } from '../../src/stores/callbacks/redis.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { ManualClock } from '../support/clock.ts';
import { tDatabases, type TestDatabaseKind } from '../support/databases.ts';
import { tRedisCluster, type TestRedisCluster } from '../support/redis-cluster.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';

interface Subject extends AsyncDisposable {
  readonly store: CallbackStore;
  /** The same in another process: one that runs beside it, or begins when it has ended. */
  readonly twin: CallbackStore;
  /** So much time passes. */
  wait(ms: number): void;
}

/** A busy machine answers late. */
const commandTimeoutMs = 60_000;
const leaseMs = 1_000;
const keepMs = 60_000;
const databases = tDatabases();
let server: TestRedis;
let cluster: TestRedisCluster;
let nextPrefix = 0;
let nextTake = 0;

beforeAll(async () => {
  [server, cluster] = await Promise.all([tRedis(), tRedisCluster()]);
});
afterAll(async () => {
  await server.stop();
  await cluster[Symbol.asyncDispose]();
});

const tRecord = (kind: TestDatabaseKind) => async (): Promise<Subject> => {
  const database = await databases.open(kind);
  const [store, twin] = [new CallbacksRecord(database), new CallbacksRecord(database)];
  return { store, twin, wait: () => {}, async [Symbol.asyncDispose]() {} };
};

async function tShared(url: string, check: () => Promise<void>): Promise<Subject> {
  const log = createLogger('silent');
  const keyPrefix = `contract-${nextPrefix++}:`;
  let now = Date.UTC(2026, 0, 1);
  const connections = ['one', 'two'].map(
    (name) =>
      new RedisConnections({ ...{ url, keyPrefix, name, log, commandTimeoutMs }, serverTime: () => now }),
  );
  await Promise.all(connections.map((redis) => redis.ready(60_000)));
  const [store, twin] = connections.map((redis) => new CallbacksRedis({ redis, clock: new ManualClock() }));
  return {
    ...{ store: store!, twin: twin! },
    wait: (ms) => void (now += ms),
    async [Symbol.asyncDispose]() {
      for (const redis of connections) await redis.close();
      await check();
    },
  };
}

const onRedis = () =>
  tShared(server.url, async () =>
    expect(await server.leftovers()).toEqual({ persistentKeys: [], channels: [], clients: [] }),
  );
const onCluster = () => tShared(cluster.url, async () => {});

const single: [string, () => Promise<Subject>][] = [
  ['in SQLite', tRecord('SQLite in a file')],
  ['in PostgreSQL', tRecord('PostgreSQL')],
];
const shared: [string, () => Promise<Subject>][] = [
  ['on Redis', onRedis],
  ['on a Redis Cluster', onCluster],
];

const entryOf = (name: string, generation: string, position: string | null = null): CallbackEntry => ({
  ...{ name, generation, position, leaseMs, keepMs },
  data: `{"of":"${name}"}`,
});
const write = async (
  store: CallbackStore,
  generation: string,
  act: CallbackAct,
  position: string | null = null,
  name = 'one',
) => (await store.write([{ name, generation, act, position }]))[0];
const take = (store: CallbackStore, limit = 1_000): Promise<readonly TakenCallback[]> =>
  store.take({ generation: `take-${nextTake++}`, limit });

describe.each([...single, ...shared])('callbacks %s', (_name, tCallbacks) => {
  test('one that its holder has left is taken with what was said last of it', async () => {
    await using subject = await tCallbacks();
    const { store, twin } = subject;
    await take(twin);
    expect(await store.keep(entryOf('one', 'g1', 'p1'), 'begin')).toBe('kept');
    expect(await take(twin)).toEqual([]);
    expect(await write(store, 'g1', 'renew', 'p2')).toBe('written');
    expect(await write(store, 'g1', 'renew')).toBe('written');
    expect(await write(store, 'g1', 'release')).toBe('written');
    const [taken] = await take(twin);
    expect(taken).toEqual({
      ...{ name: 'one', data: '{"of":"one"}', position: 'p2', wasReleased: true },
      generation: expect.any(String),
    });
    expect(await write(twin, taken!.generation, 'release', 'p3')).toBe('written');
    expect(await take(store)).toMatchObject([{ position: 'p3' }]);
  });

  test('whoever was replaced writes nothing any more, whatever it is', async () => {
    await using subject = await tCallbacks();
    const { store, twin } = subject;
    await take(twin);
    await store.keep(entryOf('one', 'old', 'p1'), 'begin');
    await write(store, 'old', 'release');
    const [taken] = await take(twin);
    for (const act of ['renew', 'release', 'end'] as const)
      expect(await write(store, 'old', act, 'late')).toBe('replaced');
    expect(await store.keep(entryOf('one', 'old', 'late'), 'restore')).toBe('replaced');
    expect(await write(twin, taken!.generation, 'release')).toBe('written');
    expect(await take(twin)).toMatchObject([{ position: 'p1' }]);
  });

  test('one that begins anew takes the place of one of the same name', async () => {
    await using subject = await tCallbacks();
    const { store, twin } = subject;
    await store.keep(entryOf('one', 'old', 'p1'), 'begin');
    expect(await twin.keep({ ...entryOf('one', 'new'), data: '{}' }, 'begin')).toBe('kept');
    expect(await write(store, 'old', 'renew', 'p2')).toBe('replaced');
    await write(twin, 'new', 'release');
    expect(await take(store)).toMatchObject([{ data: '{}', position: null }]);
  });

  test('is gone when it has ended, and can be kept again where its holder asks for it', async () => {
    await using subject = await tCallbacks();
    const { store, twin } = subject;
    await store.keep(entryOf('one', 'g1', 'p1'), 'begin');
    expect(await write(store, 'g1', 'end')).toBe('written');
    for (const act of ['renew', 'release', 'end'] as const)
      expect(await write(store, 'g1', act)).toBe('missing');
    expect(await take(twin)).toEqual([]);
    expect(await store.keep(entryOf('one', 'g1', 'p2'), 'restore')).toBe('kept');
    expect(await store.keep(entryOf('one', 'g1', 'p3'), 'restore')).toBe('kept');
    await write(store, 'g1', 'release');
    expect(await take(twin)).toMatchObject([{ position: 'p3' }]);
  });

  test('each is taken by one process, however many look, and no more at once than it asks for', async () => {
    await using subject = await tCallbacks();
    const { store, twin } = subject;
    // It has begun: what it finds at first in a record of one process would be that of one which has ended.
    await take(twin);
    const names = Array.from({ length: 300 }, (_, at) => `name-${at}`);
    await Promise.all(names.map((name) => store.keep(entryOf(name, `g-${name}`), 'begin')));
    const written = await store.write(
      names.map((name) => ({ name, generation: `g-${name}`, act: 'release', position: `p-${name}` })),
    );
    expect(new Set(written)).toEqual(new Set(['written']));
    const taken: TakenCallback[] = [];
    for (;;) {
      const found = await Promise.all([take(store, 40), take(twin, 40)]);
      if (found.every((some) => some.length === 0)) break;
      taken.push(...found.flat());
    }
    expect(taken.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect(new Set(taken.map(({ generation }) => generation)).size).toBe(names.length);
    for (const { name, position } of taken) expect(position).toBe(`p-${name}`);
  });
});

describe.each(single)('callbacks %s', (_name, tCallbacks) => {
  test('a process that begins takes what one before it had, once, and nothing that it keeps itself', async () => {
    await using subject = await tCallbacks();
    const { store, twin } = subject;
    await store.keep(entryOf('one', 'g1', 'p1'), 'begin');
    await write(store, 'g1', 'renew', 'p2');
    await twin.keep(entryOf('two', 'g2'), 'begin');
    expect(await take(twin)).toMatchObject([{ name: 'one', position: 'p2', wasReleased: false }]);
    expect(await take(twin)).toEqual([]);
    expect(await write(store, 'g1', 'renew')).toBe('replaced');
    // The one before it takes nothing back.
    expect(await take(store)).toEqual([]);
  });
});

describe.each(shared)('callbacks %s', (_name, tCallbacks) => {
  test('one whose holder is silent is taken when its lease has ended, and not before', async () => {
    await using subject = await tCallbacks();
    const { store, twin, wait } = subject;
    await store.keep(entryOf('one', 'g1', 'p1'), 'begin');
    wait(leaseMs - 1);
    await write(store, 'g1', 'renew');
    wait(leaseMs - 1);
    expect(await take(twin)).toEqual([]);
    wait(1);
    expect(await take(twin)).toMatchObject([{ name: 'one', position: 'p1', wasReleased: false }]);
    expect(await write(store, 'g1', 'renew', 'p2')).toBe('replaced');
    wait(leaseMs - 1);
    expect(await take(store)).toEqual([]);
    wait(1);
    expect(await take(store)).toMatchObject([{ position: 'p1' }]);
  });

  test('to ask for a lease that has ended is in time as long as nobody has taken it', async () => {
    await using subject = await tCallbacks();
    const { store, twin, wait } = subject;
    await store.keep(entryOf('one', 'g1'), 'begin');
    wait(10 * leaseMs);
    expect(await write(store, 'g1', 'renew')).toBe('written');
    expect(await take(twin)).toEqual([]);
  });
});

test('one that nobody takes is not kept for ever', async () => {
  await using subject = await onRedis();
  await subject.store.keep(entryOf('one', 'g1'), 'begin');
  await server.age(`contract-${nextPrefix - 1}:`, leaseMs + keepMs);
  subject.wait(leaseMs + keepMs);
  expect(await take(subject.twin)).toEqual([]);
});
