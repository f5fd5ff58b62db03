/** Connections to Redis that are closed leave nothing behind that keeps the process alive. */
import { test } from '@jest/globals';
import { createLogger } from '../../src/observability/log.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { tRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

/** Timers that keep this process from ending. */
const countTimers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

test('connections that break during their handshake leave nothing behind when they are closed', async () => {
  await using server = await tRedis();
  const timers = countTimers();
  await server.kill('SIGSTOP');
  const redis = new RedisConnections({
    url: server.url,
    keyPrefix: 'test:',
    name: 'process',
    commandTimeoutMs: 3_600_000,
    log: createLogger('silent'),
  });
  const clients = [redis.commands, redis.subscriber, redis.failFast];
  await until('all have greeted', () => clients.every(({ status }) => status === 'connect'));
  await server.kill();
  await until('all have lost the connection', () => clients.every(({ status }) => status !== 'connect'));
  await redis.close();
  await until('no timer is left', () => countTimers() <= timers);
});
