/** Proves that the service needs no more rights in Redis than the deployment guide gives its user. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { neededCommands } from '../../src/cli/doctor/redis-rights.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import {
  assign,
  createDispatch,
  dispatchesUpdated,
  dispatchUpdated,
  fromNow,
  type Update,
} from '../support/operations.ts';
import { complaintsOf, tServices } from '../support/service.ts';
import { until } from '../support/until.ts';

const tService = tServices();

/** The line of the guide, as arguments of ACL SETUSER. */
function rightsOfTheGuide(): string[] {
  const guide = readFileSync(new URL('../../docs/deployment.md', import.meta.url), 'utf8');
  const [, rights = ''] = /^ACL SETUSER dispatch on '>password' \\\n((?:.*\\\n)*.*)$/m.exec(guide) ?? [];
  return rights
    .replaceAll('\\\n', ' ')
    .split(/\s+/)
    .map((word) => word.replaceAll("'", ''))
    .filter((word) => word !== '');
}

test('the doctor tries what the guide names', () => {
  const guide = readFileSync(new URL('../../docs/deployment.md', import.meta.url), 'utf8');
  const [, onCluster = ''] = /^On a cluster it needs `([^`]*)` besides/m.exec(guide) ?? [];
  const named = [...rightsOfTheGuide(), ...onCluster.split(' ')].filter((word) => word.startsWith('+'));
  expect(named.map((word) => word.slice(1)).sort()).toEqual([...neededCommands].sort());
});

test('a user with the rights of the guide can do all that is needed, and nothing besides', async () => {
  const rights = rightsOfTheGuide();
  expect(rights).toContain('-@all');
  const service = await tService({
    processes: 2,
    prepare: async ({ client }) => {
      await client.call('ACL', 'SETUSER', 'dispatch', 'on', '>password', ...rights);
    },
    redisUser: 'dispatch:password',
  });
  const [a, b] = service.servers;
  const { redis } = service;
  const board = subscribe<Update>(
    tClient(b!.wsUrl, await b!.client.token()),
    dispatchesUpdated,
    await fromNow(b!.client),
  );
  const id = await createDispatch(a!.client);
  await board.until((events) => events.length === 1);
  const one = subscribe<Update>(tClient(b!.wsUrl, await b!.client.token()), dispatchUpdated, { id });
  await one.until((events) => events.length === 1);
  await assign(a!.client, id);
  await one.until((events) => events.length === 2);
  const admin = await a!.client.token({ sub: 'admin', role: 'admin' });
  for (const query of [
    '{ onlineUsers { id } connectionStats { connections } dispatchesCursor }',
    'mutation { updateUserStatus(status: BUSY) { id } }',
    'mutation { broadcastMessage(channel: "news", message: "Hello") { id } }',
    'mutation { updateUserStatus(status: OFFLINE) { id } }',
  ]) {
    const { errors } = await a!.client.ask(query, {}, admin);
    expect(errors).toBeUndefined();
  }
  // A topic without events is forgotten soon, and not as late as one that a killed process has left.
  const none = subscribe<Update>(tClient(b!.wsUrl, await b!.client.token()), dispatchUpdated, { id: '999' });
  await none.ended();
  const keptFor = async () => {
    const keys = await redis.client.keys('*:999}:meta');
    return Promise.all(keys.map((key) => redis.client.pttl(key)));
  };
  await until('it is left', async () => (await keptFor()).every((ms) => ms < 60_000));
  // Topics that were missed, presence that ends, and an emptied Redis have scripts of their own.
  await redis.client.flushall();
  await assign(a!.client, id, 'A2');
  await until('it goes on', () => one.events.length >= 3);
  for (const server of service.servers) await server.kill('SIGTERM');
  expect(await redis.client.call('ACL', 'LOG')).toEqual([]);
  expect(service.servers.flatMap((server) => complaintsOf(server))).toEqual([]);
  const refused = redis.client.duplicate({ username: 'dispatch', password: 'password' });
  await expect(refused.keys('*')).rejects.toThrow('NOPERM');
  await expect(refused.set('other:key', '1')).rejects.toThrow('NOPERM');
  await expect(refused.flushall()).rejects.toThrow('NOPERM');
  refused.disconnect();
});
