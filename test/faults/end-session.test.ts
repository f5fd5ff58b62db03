/** Whoever is thrown out is out on every process within a second, also where one is frozen, and while Redis is away. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { tAcknowledgedSocket, tSocket, type BareSocket } from '../support/graphql-client.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { complaintsOf, tServices } from '../support/service.ts';
import { adminOf, end, secretEnv, tokenOf } from '../support/session-ends.ts';
import { messageBroadcast } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const tService = tServices();
/** What is promised, and what a busy machine may need beside it. */
const promisedMs = 1_000;
const slackMs = 1_000;

const payload = { query: messageBroadcast, variables: { channel: 'general' } };

/** A socket with a subscription that is live. */
async function tListening(server: ServerProcess, token: string): Promise<BareSocket> {
  const before = await server.client.metric('dispatch_subscriptions');
  const socket = await tAcknowledgedSocket(server.wsUrl, token);
  socket.send({ id: randomUUID(), type: 'subscribe', payload });
  await until('it is live', async () => (await server.client.metric('dispatch_subscriptions')) > before);
  return socket;
}

/** The code with which a socket was closed, and after how long it was, from now. */
async function closedAfter(socket: BareSocket): Promise<{ code: number; ms: number }> {
  const since = performance.now();
  const { code } = await socket.closed();
  return { code, ms: performance.now() - since };
}

async function expectRefused(server: ServerProcess, token: string): Promise<void> {
  const { status, errors } = await server.client.ask('{ despachos { id } }', {}, token);
  expect([status, errors?.[0]?.extensions['reason']]).toEqual([401, 'SESSION_ENDED']);
  const socket = await tSocket(server.wsUrl);
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
  expect((await socket.closed()).code).toBe(4401);
}

const expectLetIn = async ({ client }: ServerProcess, token: string) =>
  expect((await client.ask('{ despachos { id } }', {}, token)).status).toBe(200);

const nameOf = ({ pid }: ServerProcess) => `${hostname()}/${pid}`;

describe('three processes on Redis and PostgreSQL', () => {
  test('all end what is open and refuse older tokens within a second; one that starts later does too', async () => {
    const { servers, env } = await tService({ env: secretEnv });
    const [asked] = servers as [ServerProcess];
    const token = await tokenOf('eva', -10);
    const sockets = await Promise.all(servers.map((server) => tListening(server, token)));
    const other = await tListening(asked, await tokenOf('bob', -10));
    const closing = Promise.all(sockets.map(closedAfter));
    expect(await end(asked.client, 'eva')).toMatchObject({ endedConnections: 3, isComplete: true });
    for (const { code, ms } of await closing) {
      expect(code).toBe(4401);
      expect(ms).toBeLessThan(promisedMs + slackMs);
    }
    const later = await tServerProcess(env);
    for (const server of [...servers, later]) {
      await expectRefused(server, token);
      await expectRefused(server, await tokenOf('eva', null));
      await expectLetIn(server, await tokenOf('eva', 2));
    }
    expect(other.socket.readyState).toBe(other.socket.OPEN);
    for (const server of servers) expect(complaintsOf(server)).toEqual([]);
  }, 120_000);

  test('one that is frozen is named, and ends what it holds as soon as it goes on', async () => {
    const { servers } = await tService({ env: secretEnv });
    const [asked, frozen] = servers as [ServerProcess, ServerProcess];
    const token = await tokenOf('eva', -10);
    const held = await tListening(frozen, token);
    const admin = await adminOf(asked.client);
    const look = async () =>
      (
        await asked.client.ask<{
          liveSubscriptions: { total: number; silentProcesses: unknown[]; isComplete: boolean };
        }>('{ liveSubscriptions { total isComplete silentProcesses { name } } }', {}, admin)
      ).data!.liveSubscriptions;
    expect(await look()).toEqual({ total: 1, isComplete: true, silentProcesses: [] });
    frozen.signal('SIGSTOP');
    const silentProcesses = [{ name: nameOf(frozen) }];
    expect(await look()).toEqual({ total: 0, isComplete: false, silentProcesses });
    expect(await end(asked.client, 'eva')).toMatchObject({
      ...{ endedConnections: 0, isComplete: false, silentProcesses },
    });
    await expectRefused(asked, token);
    expect(held.socket.readyState).toBe(held.socket.OPEN);
    const closing = closedAfter(held);
    frozen.signal('SIGCONT');
    const { code, ms } = await closing;
    expect(code).toBe(4401);
    expect(ms).toBeLessThan(promisedMs + slackMs);
    expect(held.messages.filter(({ type }) => type === 'next')).toEqual([]);
    await expectRefused(frozen, token);
    expect(await look()).toEqual({ total: 0, isComplete: true, silentProcesses: [] });
  }, 120_000);

  test('where Redis is away all read it in the record within a second; and again after it has lost everything', async () => {
    const { servers, redis } = await tService({ env: secretEnv, appendonly: false });
    const [asked, other] = servers as [ServerProcess, ServerProcess];
    const token = await tokenOf('eva', -10);
    const sockets = await Promise.all(servers.map((server) => tListening(server, token)));
    await redis.kill();
    const closing = Promise.all(sockets.map(closedAfter));
    const ended = await end(asked.client, 'eva');
    // It can speak for itself alone, and says so.
    expect(ended).toMatchObject({ endedConnections: 1, isComplete: false });
    for (const { code, ms } of await closing) {
      expect(code).toBe(4401);
      expect(ms).toBeLessThan(promisedMs + slackMs);
    }
    for (const server of servers) await expectRefused(server, token);
    await redis.restart();
    await until('all answer again', async () => (await end(other.client, 'nobody')).isComplete);
    for (const server of servers) {
      await expectRefused(server, token);
      await expectLetIn(server, await tokenOf('eva', 2));
    }
  }, 120_000);

  test('an end that no process was told of is read in the record within a second', async () => {
    const { servers, query } = await tService({ env: secretEnv, processes: 2 });
    const token = await tokenOf('eva', -10);
    const sockets = await Promise.all(servers.map((server) => tListening(server, token)));
    const closing = Promise.all(sockets.map(closedAfter));
    const now = new Date().toISOString();
    await query(
      `insert into session_ends (viewer_id, ended_at, until, changed_at) values ('eva', $1, '9999-12-31T23:59:59.999Z', $1)`,
      [now],
    );
    for (const { code, ms } of await closing) {
      expect(code).toBe(4401);
      expect(ms).toBeLessThan(promisedMs + slackMs);
    }
    for (const server of servers) await expectRefused(server, token);
  }, 120_000);
});
