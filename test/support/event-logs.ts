/** Every implementation of the event log, as two processes have it, for contract tests. */
import type { Cluster, Redis } from 'ioredis';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { EventLogMemory } from '../../src/stores/event-log/memory.ts';
import { EventLogRedis } from '../../src/stores/event-log/redis.ts';
import type { EventLog, EventLogBounds } from '../../src/stores/event-log/event-log.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { ManualClock } from './clock.ts';
import { tRedisCluster } from './redis-cluster.ts';
import { tRedis } from './redis.ts';

export interface Subject extends AsyncDisposable {
  readonly log: EventLog;
  /** The same log in another process, where the implementation knows such a thing. */
  readonly twin: EventLog;
  readonly clock: ManualClock;
  /** Everything that was logged is lost. Only while nobody follows a topic. */
  lose(): Promise<void>;
}

export const bounds: EventLogBounds = { maxEvents: 100, maxAgeMs: 60_000 };
let nextPrefix = 0;

export async function tMemory(): Promise<Subject> {
  const clock = new ManualClock();
  const log = new EventLogMemory({ clock, bounds });
  return {
    log,
    twin: log,
    clock,
    // What nobody has used for so long is forgotten.
    lose: () => clock.advance(3 * bounds.maxAgeMs),
    [Symbol.asyncDispose]: () => log.close(),
  };
}

export async function tShared(url: string): Promise<Subject> {
  const clock = new ManualClock();
  const keyPrefix = `contract-${nextPrefix++}:`;
  const processes = ['one', 'two'].map((name) => {
    const silent = createLogger('silent');
    const redis = new RedisConnections({ url, keyPrefix, name, serverTime: () => clock.now(), log: silent });
    const log = new EventLogRedis({
      ...{ redis, bounds, clock, metrics: createMetrics(), log: silent },
      forgetAfterMs: 0,
    });
    return { redis, log };
  });
  await Promise.all(processes.map(({ redis }) => redis.ready(5_000)));
  const [one, two] = processes;
  const close = async ({ redis, log }: (typeof processes)[number]) => {
    await log.close();
    await redis.close();
  };
  return {
    log: one!.log,
    twin: two!.log,
    clock,
    lose: async () => {
      const { commands, isCluster } = one!.redis;
      const nodes = isCluster ? (commands as Cluster).nodes('master') : [commands as Redis];
      await clock.advance(1);
      await Promise.all(nodes.map((node) => node.flushall()));
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all(processes.map(close))),
  };
}

/** The servers that the implementations need, and a maker of a log of each. */
export async function tEventLogServers() {
  const [server, cluster] = await Promise.all([tRedis(), tRedisCluster()]);
  const makers: Readonly<Record<Implementation, () => Promise<Subject>>> = {
    'in memory': tMemory,
    'on Redis': () => tShared(server.url),
    'on a Redis Cluster': () => tShared(cluster.url),
  };
  return {
    make: (implementation: Implementation) => makers[implementation](),
    stop: async () => {
      await server.stop();
      await cluster[Symbol.asyncDispose]();
    },
  };
}

export const implementations = ['in memory', 'on Redis', 'on a Redis Cluster'] as const;
export type Implementation = (typeof implementations)[number];
