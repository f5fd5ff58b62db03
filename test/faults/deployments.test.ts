/** Proves that two deployments never share a Redis unnoticed, whichever of them comes first. */
import { expect, test } from '@jest/globals';
import { createDispatch } from '../support/operations.ts';
import { tServices } from '../support/service.ts';
import { tServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const tService = tServices();
const tOther = tServices();

test('a second deployment does not start on the Redis of another one, unless its prefix is another', async () => {
  const service = await tService({ processes: 2 });
  const stranger = await tOther({ processes: 0 });
  const env = { ...stranger.env, REDIS_URL: service.redis.url };
  const refusal =
    /REDIS_URL and REDIS_PREFIX lead to what another deployment uses.*delete the key dispatch:deployment/;
  await expect(tServerProcess(env)).rejects.toThrow(refusal);
  const apart = await tServerProcess({ ...env, REDIS_PREFIX: 'staging:' });
  expect(await createDispatch(apart.client)).toBe('1');
  // The cure of the message is one.
  await service.redis.client.del('dispatch:deployment');
  await tServerProcess(env);
});

test('a Redis that was emptied is marked again, and a running process that finds another mark says so and goes on', async () => {
  const { redis, servers } = await tService({ processes: 1, appendonly: false });
  const [server] = servers;
  const mark = () => redis.client.get('dispatch:deployment');
  const id = await mark();
  expect(id).toMatch(/^[\w-]{36}$/);
  expect(await redis.client.pttl('dispatch:deployment')).toBeGreaterThan(0);
  await redis.restart();
  await until('it is marked again', async () => (await mark()) === id, 20_000);
  await redis.client.set('dispatch:deployment', 'somebody else');
  await redis.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await server!.printed('lead to what another deployment uses');
  expect(await createDispatch(server!.client)).toBe('1');
});
