/** An experiment: tells gateways that read brokers which dispatches have changed, by messages that they can read. */
import { pino } from 'pino';
import { parseCommandLine, runCommand, UsageError } from '../../src/cli/command.ts';
import { parseConfig, readEnv, type Config } from '../../src/config/config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { boardTopic } from '../../src/modules/dispatch/events.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { Logger } from '../../src/observability/log.ts';
import { EventLogRedis } from '../../src/stores/event-log/redis.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';

/** What the channels begin with: `cosmo.graphql` and `hive-gateway.graphql` name it. */
export const channelPrefix = 'dispatch-events';

export interface EventRelay {
  /** Resolves when nothing is published any more. */
  close(): Promise<void>;
}

/**
 * Follows the board, which has all changes of all dispatches, and publishes a reference for each. The event log heals what is lost on
 * the way to this process; what is published is there for those alone who listen at that moment.
 *
 * @throws UsageError where the stores are not on Redis
 */
export async function startEventRelay({ stores }: Config, log: Logger): Promise<EventRelay> {
  if (stores.kind !== 'redis') throw new UsageError('REDIS_URL is not set: there is no broker to read.');
  const redis = new RedisConnections({
    ...{ url: stores.redisUrl.reveal(), keyPrefix: stores.redisPrefix, name: 'event-relay', log },
    security: { ca: stores.redisCa, sentinelPassword: stores.redisSentinelPassword?.reveal() },
  });
  const bounds = stores.eventLog;
  const events = new EventLogRedis({ redis, bounds, clock: systemClock, metrics: createMetrics(), log });
  const publish = (channel: string, message: string) =>
    redis.commands
      .publish(`${channelPrefix}:${channel}`, message)
      .catch((error: unknown) => log.warn({ err: error, channel }, 'a change could not be told'));
  const following = await events.follow(boardTopic.key, {
    onEvent: ({ data }) => {
      const { changeType, dispatch } = boardTopic.kind.parse(data);
      // Who follows it has changed, and not the dispatch.
      if (changeType === 'FOLLOWED' || changeType === 'UNFOLLOWED') return;
      const message = JSON.stringify({ __typename: 'Dispatch', id: dispatch.id });
      void publish('dispatches', message);
      void publish(`dispatch:${dispatch.id}`, message);
    },
    onLost: () => log.warn('changes were lost with the event log, and are not told'),
  });
  return {
    async close() {
      await following.close();
      await events.close();
      await redis.close();
    },
  };
}

const usage = `Tells gateways that read Redis themselves which dispatches have changed. An experiment: docs/gateways.md

  node examples/event-graph/relay.ts

  --help    this text
Environment: REDIS_URL and REDIS_PREFIX as the service has them. Run one: two would tell everything twice.
Exit codes: 0 it was ended, 2 the command line or the environment cannot be used.
`;

async function run(args: readonly string[]): Promise<number> {
  parseCommandLine(args, {});
  const relay = await startEventRelay(parseConfig(readEnv()), pino({ name: 'event-relay' }));
  await new Promise<void>((ended) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended());
  });
  await relay.close();
  return 0;
}

if (import.meta.main) await runCommand({ usage, run });
