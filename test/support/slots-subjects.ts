/** What the contract of slots is tried with: each implementation, and what its store goes through. */
import { afterAll, beforeAll, expect } from '@jest/globals';
import { Cluster } from 'ioredis';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/observability/log.ts';
import type { RedisClient } from '../../src/stores/redis-client.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { SlotsMemory } from '../../src/stores/slots/memory.ts';
import { SlotsRedis } from '../../src/stores/slots/redis.ts';
import type { SlotAct, SlotKey, Slots } from '../../src/stores/slots/slots.ts';
import { ManualClock } from './clock.ts';
import { tRedisCluster, type TestRedisCluster } from './redis-cluster.ts';
import { tRedis, type TestRedis } from './redis.ts';

export interface SlotsSubject extends AsyncDisposable {
  readonly slots: Slots;
  /** The same slots in another process, where the implementation knows such a thing. */
  readonly twin: Slots;
  /** Generations of `slots` that the twin said it has replaced. */
  readonly told: readonly string[];
  /** Resolves when this much time has passed for the slots. */
  wait(ms: number): Promise<void>;
  /** The same, in which the store, or all of its processes, stand still. */
  standStill(ms: number): Promise<void>;
  /** The store loses everything that it has. Resolves with the slots behind that. */
  lose(): Promise<Slots>;
  /** The store does not have the texts of scripts any more. */
  forgetScripts(): Promise<void>;
}

export const bounds = { windowMs: 120_000, maxPerViewer: 20 };
/** The answer to a first take, where nothing was lost. */
export const fresh = { outcome: 'new', lostAt: null };
/** More than a test takes. */
export const slackMs = 30_000;
const longerThanAnyKey = 1e11;
let server: TestRedis;
let cluster: TestRedisCluster;
let nextPrefix = 0;

beforeAll(async () => {
  [server, cluster] = await Promise.all([tRedis(), tRedisCluster()]);
});
afterAll(async () => {
  await server.stop();
  await cluster[Symbol.asyncDispose]();
});

async function setHeard(
  client: RedisClient,
  keys: readonly string[],
  change: (at: number, server: string) => string,
): Promise<void> {
  for (const key of keys) {
    const known = (await client.get(key))!;
    await client.set(key, change(Number(known.slice(0, 13)), known.slice(13)), 'KEEPTTL');
  }
}

/** So long ago processes were heard last. */
async function notHeardFor(client: RedisClient, prefix: string, ms: number): Promise<void> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  const keys = (await Promise.all(nodes.map((node) => node.keys(`${prefix}*:heard`)))).flat();
  await setHeard(client, keys, (at, server) => `${at - ms}${server}`);
}

/** As Redis does when it starts: a script is sent once more then, and nothing may overtake it. */
async function forgetScripts(client: RedisClient): Promise<void> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  await Promise.all(nodes.map((node) => node.script('FLUSH')));
}

async function tMemory(): Promise<SlotsSubject> {
  const clock = new ManualClock();
  const slots = new SlotsMemory({ clock, bounds });
  await slots.declareNew();
  let left: Slots = slots;
  return {
    ...{ slots, twin: slots, told: [], wait: (ms: number) => clock.advance(ms) },
    standStill: async (ms) => clock.standStill(ms),
    // A process that is restarted has another memory.
    lose: async () => {
      await slots.close();
      return (left = new SlotsMemory({ clock, bounds }));
    },
    forgetScripts: async () => {},
    async [Symbol.asyncDispose]() {
      await left.close();
      expect(clock.pending).toBe(0);
    },
  };
}

async function tShared(
  url: string,
  wait: (prefix: string, ms: number) => Promise<unknown>,
  check: () => Promise<void>,
): Promise<SlotsSubject> {
  const log = createLogger('silent');
  const keyPrefix = `contract-${nextPrefix++}:`;
  const processes = ['one', 'two'].map((name) => {
    const redis = new RedisConnections({ url, keyPrefix, name, log });
    return { redis, slots: new SlotsRedis({ redis, bounds, clock: systemClock, log }) };
  });
  await Promise.all(processes.map(({ redis }) => redis.ready(5_000)));
  const [one, two] = processes;
  await one!.slots.declareNew();
  const told: string[] = [];
  one!.slots.onReplaced((generation) => told.push(generation));
  return {
    ...{ slots: one!.slots, twin: two!.slots, told },
    wait: async (ms) => void (await wait(keyPrefix, ms)),
    standStill: async (ms) => {
      await notHeardFor(one!.redis.commands, keyPrefix, ms);
      await wait(keyPrefix, ms);
    },
    lose: async () => {
      await wait(keyPrefix, longerThanAnyKey);
      return two!.slots;
    },
    forgetScripts: () => forgetScripts(one!.redis.commands),
    async [Symbol.asyncDispose]() {
      for (const { slots, redis } of processes) {
        await slots.close();
        await redis.close();
      }
      await check();
    },
  };
}

const tOnRedis = () =>
  tShared(
    server.url,
    (prefix, ms) => server.age(prefix, ms),
    async () => expect(await server.leftovers()).toEqual({ persistentKeys: [], channels: [], clients: [] }),
  );

const tOnCluster = () =>
  tShared(
    cluster.url,
    (prefix, ms) => cluster.age(prefix, ms),
    async () => {},
  );

export const slotsSubjects: [string, () => Promise<SlotsSubject>][] = [
  ['in memory', tMemory],
  ['on Redis', tOnRedis],
  ['on a Redis Cluster', tOnCluster],
];

export const ana: SlotKey = { viewer: 'ana', operation: 'one' };

/** One write, of a slot that is one client's. */
export const writeSlot = async (
  slots: Slots,
  generation: string,
  act: SlotAct | 'move',
  position: string | null = null,
  key = ana,
) =>
  act === 'move'
    ? (await slots.move([{ key, generation, position: position! }]))[0]
    : (await slots.write([{ key, generation, act, position, from: 'anybody' }]))[0];
