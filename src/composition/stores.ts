/** Which stores the service runs on: in the process, or on Redis for all processes together. */
import { randomUUID } from 'node:crypto';
import type { Parts } from '../lib/parts.ts';
import type { AppContext } from './app-context.ts';
import type { Database } from '../db/database.ts';
import { processName } from '../lib/system/process-name.ts';
import type { DependencyCheck } from '../http/health/readiness.ts';
import { EventLogProbe } from '../stores/event-log/probe.ts';
import type { CallbackStore } from '../stores/callbacks/callbacks.ts';
import type { DeploymentMark } from '../stores/deployment-mark.ts';
import type { Leases } from '../stores/leases/leases.ts';
import type { EventLog } from '../stores/event-log/event-log.ts';
import type { Peers } from '../stores/peers/peers.ts';
import type { Presence, PresenceListener } from '../stores/presence/presence.ts';
import type { PubSub } from '../stores/pubsub/pubsub.ts';
import type { RateLimit } from '../stores/rate-limit/rate-limit.ts';
import type { Sessions } from '../stores/sessions/sessions.ts';
import type { Slots } from '../stores/slots/slots.ts';
import type { TokenVerdicts } from '../stores/token-verdicts/token-verdicts.ts';

/** How long a subscriber waits for an event log that cannot be reached, milliseconds. */
export const openTimeoutMs = 5_000;
/** How long the start waits for Redis, milliseconds. Then the service runs without it, and its readiness says that it is missing. */
const redisReadyMs = 3_000;

export interface Stores {
  readonly eventLog: EventLog;
  readonly sessions: Sessions;
  readonly rateLimit: RateLimit;
  readonly leases: Leases;
  readonly tokenVerdicts: TokenVerdicts;
  readonly slots: Slots;
  /** Null where nothing outlives this process. */
  readonly callbacks: CallbackStore | null;
  readonly peers: Peers;
  /** Where other services publish changes. In a single process without Redis nobody does. */
  readonly externalBus: PubSub;
  /** Whose these stores are. Absent in a single process without Redis. */
  readonly mark?: DeploymentMark;
  /** What processes tell each other. Absent in a single process without Redis. */
  readonly signals?: PubSub;
  readonly createPresence: (listener: PresenceListener) => Presence;
  /** Calls back when the stores can be reached again after an outage. Returns the function that ends this. */
  readonly onReconnect: (listener: () => void) => () => void;
  readonly checks: Readonly<Record<string, DependencyCheck>>;
  /** What time it is in Redis. Absent in a single process without Redis. */
  readonly readTime?: () => Promise<number>;
}

/** Opens the stores; they are closed with the service. */
export function openStores(context: AppContext, database: Database): Promise<Stores> {
  const { stores } = context.config;
  return stores.kind === 'redis' ? openRedisStores(context, stores) : openMemoryStores(context, database);
}

async function openMemoryStores(
  { config, clock, log, parts }: AppContext,
  database: Database,
): Promise<Stores> {
  const { eventLog: bounds, presence: options, sessionTtlMs } = config.stores;
  const [
    { EventLogMemory },
    { PresenceMemory },
    { SessionsMemory },
    { RateLimitMemory },
    { LeasesMemory },
    { PubSubMemory },
    { TokenVerdictsMemory },
    { SlotsMemory },
    { CallbacksRecord },
    { PeersMemory },
  ] = await Promise.all([
    import('../stores/event-log/memory.ts'),
    import('../stores/presence/memory.ts'),
    import('../stores/sessions/memory.ts'),
    import('../stores/rate-limit/memory.ts'),
    import('../stores/leases/memory.ts'),
    import('../stores/pubsub/memory.ts'),
    import('../stores/token-verdicts/memory.ts'),
    import('../stores/slots/memory.ts'),
    import('../stores/callbacks/record.ts'),
    import('../stores/peers/memory.ts'),
  ]);
  const stores = {
    eventLog: new EventLogMemory({ clock, bounds }),
    sessions: new SessionsMemory({ clock, ttlMs: sessionTtlMs }),
    rateLimit: new RateLimitMemory({ clock }),
    leases: new LeasesMemory({ clock }),
    tokenVerdicts: new TokenVerdictsMemory({ clock }),
    slots: new SlotsMemory({ clock, bounds: slotBounds(config) }),
    peers: new PeersMemory({ log }),
    externalBus: new PubSubMemory({ log }),
  };
  closeLater(parts, stores);
  const createPresence = (listener: PresenceListener) => new PresenceMemory({ clock, options, listener });
  const isKept = config.record.kind === 'postgres' || config.record.dataDir !== ':memory:';
  const callbacks = isKept ? new CallbacksRecord(database) : null;
  return { ...stores, callbacks, createPresence, onReconnect: () => () => {}, checks: {} };
}

type RedisSettings = Extract<AppContext['config']['stores'], { kind: 'redis' }>;

async function openRedisStores(
  { config, clock, metrics, log, parts }: AppContext,
  settings: RedisSettings,
): Promise<Stores> {
  const { eventLog: bounds, presence: options, sessionTtlMs } = settings;
  const [
    { RedisConnections },
    { EventLogRedis },
    { PresenceRedis },
    { SessionsRedis },
    { RateLimitRedis },
    { LeasesRedis },
    { PubSubRedis },
    { TokenVerdictsRedis },
    { SlotsRedis },
    { CallbacksRedis },
    { PeersRedis },
    { DeploymentMark },
  ] = await Promise.all([
    import('../stores/redis-connections.ts'),
    import('../stores/event-log/redis.ts'),
    import('../stores/presence/redis.ts'),
    import('../stores/sessions/redis.ts'),
    import('../stores/rate-limit/redis.ts'),
    import('../stores/leases/redis.ts'),
    import('../stores/pubsub/redis.ts'),
    import('../stores/token-verdicts/redis.ts'),
    import('../stores/slots/redis.ts'),
    import('../stores/callbacks/redis.ts'),
    import('../stores/peers/redis.ts'),
    import('../stores/deployment-mark.ts'),
  ]);
  const redis = new RedisConnections({
    url: settings.redisUrl.reveal(),
    security: { ca: settings.redisCa, sentinelPassword: settings.redisSentinelPassword?.reveal() },
    ...{ keyPrefix: settings.redisPrefix, name: 'dispatch-subgraph', log },
  });
  parts.add('the connections to Redis', () => redis.close());
  const stores = {
    eventLog: new EventLogRedis({
      ...{ redis, bounds, clock, metrics, log },
      checkIntervalMs: bounds.checkMs,
      followTimeoutMs: openTimeoutMs,
    }),
    sessions: new SessionsRedis({ redis, ttlMs: sessionTtlMs }),
    rateLimit: new RateLimitRedis({ redis, clock }),
    leases: new LeasesRedis({ redis }),
    tokenVerdicts: new TokenVerdictsRedis({ redis, clock, log }),
    slots: new SlotsRedis({ redis, bounds: slotBounds(config), clock, log }),
    peers: new PeersRedis({ redis, clock, name: processName(), log }),
    signals: new PubSubRedis({ redis, log }),
    externalBus: new PubSubRedis({
      ...{ redis, log, isForeign: true },
      onUnreadable: () => metrics.ingested.inc({ outcome: 'refused' }),
    }),
  };
  closeLater(parts, stores);
  if (!(await redis.ready(redisReadyMs))) log.warn('starting without Redis, which cannot be reached yet');
  const createPresence = (listener: PresenceListener) =>
    new PresenceRedis({ redis, clock, options, listener, log });
  const onReconnect = (listener: () => void) => redis.onReconnect(listener);
  const mark = new DeploymentMark(redis);
  const probe = new EventLogProbe(stores.eventLog, randomUUID());
  parts.add('the probe of the event log', () => probe.close());
  const callbacks = new CallbacksRedis({ redis, clock });
  const checks = { redis: () => probe.run(clock.now()) };
  return {
    ...stores,
    callbacks,
    mark,
    createPresence,
    onReconnect,
    checks,
    readTime: () => redis.readTime(),
  };
}

const slotBounds = ({ realtime, websocket }: AppContext['config']) => ({
  windowMs: realtime.resumeWindowMs,
  maxPerViewer: websocket.maxSubscriptionsPerViewer,
});

function closeLater(
  parts: Parts,
  stores: Omit<Stores, 'callbacks' | 'mark' | 'createPresence' | 'onReconnect' | 'checks' | 'readTime'>,
): void {
  for (const [name, store] of Object.entries(stores)) parts.add(`the store ${name}`, () => store.close());
}
