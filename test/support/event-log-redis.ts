/** The event log of one process on Redis, with its connections, metrics and log lines, for tests. */
import { pino } from 'pino';
import { systemClock, type Clock } from '../../src/lib/clock.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { EventLogRedis, type EventLogRedisOptions } from '../../src/stores/event-log/redis.ts';
import type { AppendRequest, EventLogBounds, Position } from '../../src/stores/event-log/event-log.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { until } from './until.ts';

export const keyPrefix = 'test:';
/** An interval at which nothing happens within a test. */
export const never = 3_600_000;

export interface TestProcess extends AsyncDisposable {
  readonly log: EventLogRedis;
  readonly redis: RedisConnections;
  /** Gaps counted so far. */
  gaps(): Promise<{ healed: number; lost: number }>;
  /** What was logged: messages with their details. */
  readonly lines: readonly Record<string, unknown>[];
  /** Appends again until it is known to have worked, as the relay does. */
  appendSurely(requests: readonly AppendRequest[]): Promise<Position[]>;
  close(): Promise<void>;
}

export interface TestProcessOptions extends Partial<
  Pick<EventLogRedisOptions, 'checkIntervalMs' | 'followTimeoutMs' | 'forgetAfterMs'>
> {
  readonly url: string;
  readonly name?: string;
  readonly bounds?: Partial<EventLogBounds>;
  readonly clock?: Clock;
  readonly commandTimeoutMs?: number;
}

export function tProcess({
  url,
  name = 'process',
  bounds,
  clock = systemClock,
  commandTimeoutMs = 2_000,
  ...options
}: TestProcessOptions): TestProcess {
  const lines: Record<string, unknown>[] = [];
  const pinoLog = pino(
    { level: 'info' },
    { write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]) },
  );
  const metrics = createMetrics();
  const redis = new RedisConnections({ url, keyPrefix, name, commandTimeoutMs, log: pinoLog });
  const log = new EventLogRedis({
    redis,
    bounds: { maxEvents: 1_000, maxAgeMs: 600_000, ...bounds },
    clock,
    metrics,
    log: pinoLog,
    checkIntervalMs: never,
    forgetAfterMs: 0,
    ...options,
  });
  const close = async () => {
    await log.close();
    await redis.close();
  };
  return {
    log,
    redis,
    lines,
    close,
    async gaps() {
      const { values } = await metrics.logGaps.get();
      const of = (outcome: string) => values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0;
      return { healed: of('healed'), lost: of('lost') };
    },
    appendSurely: (requests) =>
      until('the append succeeds', () => log.append(requests).catch(() => undefined), 20_000),
    [Symbol.asyncDispose]: close,
  };
}
