/** Connections to Redis that are closed leave nothing behind that keeps the process alive, and those that say nothing are replaced. */
import { expect, test } from '@jest/globals';
import { createLogger } from '../../src/observability/log.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
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

test('connections that something in between has forgotten are replaced, though nobody says that they are', async () => {
  await using server = await tRedis();
  const wire = await tCutProxy(server.url);
  const redis = new RedisConnections({
    url: `redis://${wire.host}`,
    keyPrefix: 'test:',
    name: 'process',
    commandTimeoutMs: 200,
    log: createLogger('silent'),
  });
  expect(await redis.ready(5_000)).toBe(true);
  const heard: string[] = [];
  redis.subscriber.on('message', (_channel: string, text: string) => heard.push(text));
  await redis.subscriber.subscribe('news');
  // What is sent on them is lost, and neither end is told. New ones are as ever.
  wire.silence();
  for (const client of [redis.commands, redis.failFast])
    await until('commands are answered again', () => client.ping().catch(() => undefined));
  await redis.subscriber.subscribe('news');
  await server.client.publish('news', 'again');
  await until('its channel is heard again', () => heard.includes('again'));
  await redis.close();
});
