/** Proves that all processes agree on who is online, even when one of them dies. */
import { describe, expect, test } from '@jest/globals';
import { subscribe, tAcknowledgedSocket, tClient, type Shown } from '../support/graphql-client.ts';
import { complaintsOf, tServices } from '../support/service.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const tService = tServices();

const graceMs = 300;
const leaseMs = 1_500;
const env = { PRESENCE_GRACE_MS: String(graceMs), PRESENCE_LEASE_MS: String(leaseMs) };

interface StatusChange {
  readonly userId: string;
  readonly status: string;
}

const connect = async (server: ServerProcess, sub: string) =>
  tAcknowledgedSocket(server.wsUrl, await server.client.token({ sub }));

/** Who is online, as a process says; for example "luz 2" for a user with two connections. */
async function online(server: ServerProcess): Promise<string[]> {
  const { data } = await server.client.ask<{ onlineUsers: { id: string; connectionCount: number }[] }>(
    '{ onlineUsers { id connectionCount } }',
  );
  return data!.onlineUsers.map(({ id, connectionCount }) => `${id} ${connectionCount}`).sort();
}

const untilOnline = (servers: readonly ServerProcess[], expected: string[]) =>
  Promise.all(
    servers.map((server) =>
      until(`${expected.join()} are online`, async () => `${await online(server)}` === `${expected}`),
    ),
  );

/** A viewer who watches others come online and go offline. */
async function observe(server: ServerProcess, sub: string): Promise<Shown<StatusChange>> {
  const shown = subscribe<StatusChange>(
    tClient(server.wsUrl, await server.client.token({ sub })),
    'subscription { presenceChanged { userId status } }',
  );
  // Its beginning is not announced: of heralds that come one after the other, it shows those behind it.
  let heralds = 0;
  await until('the stream is live', async () => {
    heralds += 1;
    const herald = await connect(server, `herald ${heralds}`);
    herald.socket.close();
    return shown.events.some(({ userId }) => userId.startsWith('herald'));
  });
  await untilOnline([server], [`${sub} 1`]);
  return shown;
}

const of = (events: readonly StatusChange[], user: string) =>
  events.filter(({ userId }) => userId === user).map(({ status }) => status);

describe('three processes', () => {
  test('a user with a tab on each of two stays online when one closes', async () => {
    const { servers } = await tService({ env });
    const [a, b, c] = servers as [ServerProcess, ServerProcess, ServerProcess];
    const changes = await observe(c, 'observer');
    const first = await connect(a, 'luz');
    const second = await connect(b, 'luz');
    await untilOnline(servers, ['luz 2', 'observer 1']);
    first.socket.close();
    await untilOnline(servers, ['luz 1', 'observer 1']);
    // Another user goes offline later: by then the grace period of luz would have ended too.
    const other = await connect(a, 'nico');
    other.socket.close();
    await changes.until((events) => of(events, 'nico').at(-1) === 'OFFLINE');
    expect(of(changes.events, 'luz')).toEqual(['ONLINE']);
    second.socket.close();
    await changes.until((events) => of(events, 'luz').at(-1) === 'OFFLINE');
    await untilOnline(servers, ['observer 1']);
    expect(of(changes.events, 'luz')).toEqual(['ONLINE', 'OFFLINE']);
    for (const server of servers) expect(complaintsOf(server)).toEqual([]);
  });

  test('the users of a killed process go offline once, when its lease ends; those with another connection stay online', async () => {
    const { servers, redis } = await tService({ env });
    const [a, b, c] = servers as [ServerProcess, ServerProcess, ServerProcess];
    const changes = await observe(c, 'observer');
    await connect(a, 'luz');
    for (const user of ['nico', 'pia', 'luz']) await connect(b, user);
    await untilOnline(servers, ['luz 2', 'nico 1', 'observer 1', 'pia 1']);
    const killedAt = performance.now();
    await b.kill('SIGKILL');
    await changes.until((events) => ['nico', 'pia'].every((user) => of(events, user).at(-1) === 'OFFLINE'));
    const tookMs = Math.round(performance.now() - killedAt);
    console.log(`offline ${tookMs} ms after the kill (lease ${leaseMs} ms, grace period ${graceMs} ms)`);
    await untilOnline([a, c], ['luz 1', 'observer 1']);

    // Another user comes and goes later: nothing was reported twice in between.
    const later = await connect(a, 'sol');
    later.socket.close();
    await changes.until((events) => of(events, 'sol').at(-1) === 'OFFLINE');
    for (const user of ['nico', 'pia']) expect(of(changes.events, user)).toEqual(['ONLINE', 'OFFLINE']);
    expect(of(changes.events, 'luz')).toEqual(['ONLINE']);

    await b.start();
    await connect(b, 'nico');
    await untilOnline(servers, ['luz 1', 'nico 1', 'observer 1']);
    expect((await redis.leftovers()).persistentKeys).toEqual([]);
    for (const server of servers) expect(complaintsOf(server)).toEqual([]);
  });

  test('a process that stops in order hands its users over to the others', async () => {
    const { servers } = await tService({ env });
    const [a, b, c] = servers as [ServerProcess, ServerProcess, ServerProcess];
    const changes = await observe(c, 'observer');
    await connect(b, 'nico');
    await untilOnline(servers, ['nico 1', 'observer 1']);
    expect(await b.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    await changes.until((events) => of(events, 'nico').at(-1) === 'OFFLINE');
    await untilOnline([a, c], ['observer 1']);
    expect(of(changes.events, 'nico')).toEqual(['ONLINE', 'OFFLINE']);
  });
});
