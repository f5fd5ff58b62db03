/** Runs the service on its core with a Redis of its own, and sockets that watch something of it. */
import { pino } from 'pino';
import { systemClock } from '../../../src/lib/clock.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import type { EventLog } from '../../../src/stores/event-log/event-log.ts';
import { EventLogRedis } from '../../../src/stores/event-log/redis.ts';
import { RedisConnections } from '../../../src/stores/redis-connections.ts';
import { Child } from '../../child.ts';
import { findFreePort, isListening } from '../../ports.ts';
import type { RedisServer } from '../../redis-server.ts';
import { createTokens, environment, mainFile, ownRoot, readNodeFlags } from '../../subjects/ours.ts';
import { Watchers } from './watchers.ts';

export interface Watching {
  readonly redis: RedisServer;
  /** That of the service. */
  readonly core: number | null;
  readonly query: string;
  /** The variables of each socket. */
  readonly each: readonly Readonly<Record<string, unknown>>[];
}

export interface Watched {
  readonly port: number;
  /** Of the service. */
  readonly pid: number;
  /** What is appended to it, the service shows. */
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly watching: Watchers;
}

/** Resolves with what `play` does, which is called when all are subscribed; everything has ended then. */
export async function watched<T>(
  { redis, core, query, each }: Watching,
  play: (watched: Watched) => Promise<T>,
): Promise<T> {
  await redis.empty();
  const options = { port: await findFreePort(), redisUrl: redis.url };
  const log = pino({ level: 'warn' });
  const connections = new RedisConnections({ url: redis.url, keyPrefix: 'dispatch:', name: 'bench', log });
  const bounds = { maxEvents: 1_000, maxAgeMs: 86_400_000 };
  const eventLog = new EventLogRedis({
    ...{ redis: connections, bounds, clock: systemClock, metrics: createMetrics(), log },
  });
  const server = new Child({
    program: `${ownRoot}/${mainFile}`,
    nodeFlags: readNodeFlags(ownRoot),
    env: environment(options),
    cwd: import.meta.dirname,
    core,
  });
  const watching = new Watchers(query);
  try {
    await isListening(options.port, () => server.hasEnded);
    await watching.open(options.port, await createTokens(options, each.length), each);
    return await play({ port: options.port, pid: server.pid, eventLog, watching });
  } finally {
    watching.close();
    await server.stop();
    await eventLog.close();
    await connections.close();
  }
}
