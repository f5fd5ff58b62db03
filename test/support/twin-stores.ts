/** Holds both implementations of a store to one contract: in memory on a manual clock, and on Redis in two processes. */
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Clock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/observability/log.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { ManualClock } from './clock.ts';
import { tRedis, type TestRedis } from './redis.ts';
import { until } from './until.ts';

export interface TwinStores<Store> extends AsyncDisposable {
  readonly store: Store;
  /** The same store in another process, where the implementation knows such a thing. */
  readonly twin: Store;
  /** Resolves when this much time has passed for the stores. */
  wait(ms: number): Promise<void>;
}

interface Implementations<Store> {
  inMemory(clock: Clock): Store;
  onRedis(redis: RedisConnections): Store;
}

interface Closable {
  close(): Promise<void>;
}

/** Rows for `describe.each`: the implementation's name, and how a test gets its twins. They leave nothing behind. */
export function tTwinStores<Store extends Closable>({
  inMemory,
  onRedis,
}: Implementations<Store>): [string, () => Promise<TwinStores<Store>>][] {
  let server: TestRedis;
  beforeAll(async () => {
    server = await tRedis();
  });
  afterAll(() => server.stop());
  return [
    ['in memory', () => Promise.resolve(twinsInMemory(inMemory))],
    ['on Redis', () => twinsOnRedis(server, onRedis)],
  ];
}

function twinsInMemory<Store extends Closable>(create: (clock: Clock) => Store): TwinStores<Store> {
  const clock = new ManualClock();
  const store = create(clock);
  return {
    store,
    twin: store,
    wait: (ms) => clock.advance(ms),
    async [Symbol.asyncDispose]() {
      await store.close();
      expect(clock.pending).toBe(0);
    },
  };
}

let nextPrefix = 0;

async function twinsOnRedis<Store extends Closable>(
  server: TestRedis,
  create: (redis: RedisConnections) => Store,
): Promise<TwinStores<Store>> {
  const log = createLogger('silent');
  const keyPrefix = `contract-${nextPrefix++}:`;
  const createProcess = (name: string) => {
    // A late answer must not make a store answer by itself: the machine may be slow.
    const redis = new RedisConnections({ url: server.url, keyPrefix, name, commandTimeoutMs: 240_000, log });
    return { redis, store: create(redis) };
  };
  const one = createProcess('one');
  const two = createProcess('two');
  // Until then a store may answer for its own process alone.
  await until('both are connected', () => [one, two].every(({ redis }) => redis.failFast.status === 'ready'));
  return {
    store: one.store,
    twin: two.store,
    wait: (ms) => server.age(keyPrefix, ms),
    async [Symbol.asyncDispose]() {
      for (const { store, redis } of [one, two]) {
        await store.close();
        await redis.close();
      }
      expect(await server.leftovers()).toEqual({ persistentKeys: [], channels: [], clients: [] });
    },
  };
}
