/** Proves that every address of a Redis leads to the right server and database, through failovers and with an own authority. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { createLogger } from '../../src/observability/log.ts';
import { RedisConnections } from '../../src/stores/redis-connections.ts';
import { createAuthority } from '../support/authority.ts';
import { tProcess } from '../support/event-log-redis.ts';
import { freePort } from '../support/free-port.ts';
import { start, tRedis } from '../support/redis.ts';
import { tSentinels } from '../support/redis-sentinels.ts';
import { until } from '../support/until.ts';

const topic = 'dispatches';
const event = (number: number) => ({ topic, event: { id: `e-${number}`, at: number, data: { number } } });

test('a database that the server does not have is not exchanged for another', async () => {
  await using server = await tRedis();
  const redis = new RedisConnections({
    ...{ url: `${server.url}/99`, keyPrefix: 'test:', name: 'process', log: createLogger('silent') },
    commandTimeoutMs: 300,
  });
  try {
    expect(await redis.ready(300)).toBe(false);
    await expect(redis.commands.set('test:a', '1')).rejects.toThrow();
    expect(await server.client.dbsize()).toBe(0);
  } finally {
    await redis.close();
  }
});

test('another database than 0 is used for all that is kept', async () => {
  await using server = await tRedis();
  await using process = tProcess({ url: `${server.url}/7` });
  const seen: number[] = [];
  await process.log.follow(topic, { onEvent: ({ offset }) => seen.push(offset), onLost: () => undefined });
  await process.appendSurely([event(1)]);
  await until('the event has come', () => seen.length === 1);
  expect(await server.client.dbsize()).toBe(0);
});

test('through Sentinels, events go on after a failover and after the death of the primary', async () => {
  await using sentinels = await tSentinels();
  await using process = tProcess({ url: sentinels.url });
  const seen: unknown[] = [];
  await process.log.follow(topic, {
    onEvent: ({ data }) => seen.push((data as { number: number }).number),
    onLost: () => seen.push('lost'),
  });
  await process.appendSurely([event(1)]);
  await until('the first event has come', () => seen.includes(1));
  await sentinels.failOver();
  await process.appendSurely([event(2)]);
  await until('the event after the failover has come', () => seen.includes(2), 30_000);
  await sentinels.killPrimary();
  await process.appendSurely([event(3)]);
  await until('the event after the death of the primary has come', () => seen.includes(3), 30_000);
});

test('a Redis with TLS is trusted by an authority of its own, and by no other', async () => {
  await using authority = createAuthority();
  const { folder, files } = authority;
  const port = await freePort();
  const child = await start(folder, 0, false, {
    'tls-port': String(port),
    'tls-cert-file': files.certificate,
    'tls-key-file': files.key,
    'tls-ca-cert-file': files.ca,
    'tls-auth-clients': 'no',
  });
  const connect = (ca: string | null) =>
    new RedisConnections({
      ...{
        url: `rediss://localhost:${port}`,
        keyPrefix: 'test:',
        name: 'process',
        log: createLogger('silent'),
      },
      security: { ca },
      commandTimeoutMs: 1_000,
    });
  const [trusting, other] = [connect(readFileSync(files.ca, 'utf8')), connect(null)];
  try {
    expect(await trusting.ready(10_000)).toBe(true);
    await trusting.commands.ping();
    expect(await other.ready(300)).toBe(false);
  } finally {
    await Promise.all([trusting.close(), other.close()]);
    child.kill('SIGKILL');
  }
});
