/** What clients are promised of users: who is connected, how they want to be seen, and that changes of it are shown. */
import { describe, expect, test } from '@jest/globals';
import { CallerLeft } from '../../src/lib/failures/caller-left.ts';
import { createLogger } from '../../src/observability/log.ts';
import { UserStatusFeed } from '../../src/modules/user/status-feed.ts';
import { EventLogMemory } from '../../src/stores/event-log/memory.ts';
import type { AppendRequest } from '../../src/stores/event-log/event-log.ts';
import { SessionsMemory } from '../../src/stores/sessions/memory.ts';
import { ManualClock } from '../support/clock.ts';
import { codeOf, viewer, type Data } from '../support/subgraph.ts';
import { graceMs, tUsers } from '../support/users.ts';

const dispatcher = viewer('dispatcher', { id: 'dispatcher' });
const ana = viewer('paramedic', { id: 'ana' });

/** A change in short: who, from what, to what. */
const brief = ({ userId, previousStatus, status }: Data) => [userId, previousStatus, status].join(' ');

const everything = 'id name role status isOnline lastSeen connectionCount';

test('users are known once they were seen, online while connected, and last seen when they left', async () => {
  const { users, connect, leave, data, clock } = await tUsers();
  const read = async () => (await data(dispatcher, `{ user(id: "ana") { ${everything} } }`)).user;
  const now = () => new Date(clock.now()).toISOString();
  expect(await read()).toBeNull();

  await users.seen(ana);
  const known = { id: 'ana', name: 'Name of ana', role: 'paramedic' };
  expect(await read()).toEqual({
    ...known,
    status: 'OFFLINE',
    isOnline: false,
    lastSeen: null,
    connectionCount: 0,
  });

  await connect('ana', 'tab 1');
  await connect('ana', 'tab 2');
  expect(await read()).toEqual({
    ...known,
    status: 'ONLINE',
    isOnline: true,
    lastSeen: now(),
    connectionCount: 2,
  });

  await leave('tab 1');
  const left = now();
  await leave('tab 2');
  await clock.advance(60_000);
  expect(await read()).toEqual({
    ...known,
    status: 'OFFLINE',
    isOnline: false,
    lastSeen: left,
    connectionCount: 0,
  });
});

test('a chosen status stays across reconnects', async () => {
  const { connect, leave, choose, data } = await tUsers();
  await connect('ana');
  expect(await choose(ana, 'BUSY')).toEqual({ id: 'ana', status: 'BUSY' });
  await leave('ana');
  await connect('ana');
  const { onlineUsers } = await data(dispatcher, '{ onlineUsers { id status } }');
  expect(onlineUsers).toEqual([{ id: 'ana', status: 'BUSY' }]);
});

describe('who is online', () => {
  test('is listed, longest first, except those who do not want to be seen', async () => {
    const { connect, choose, data, clock } = await tUsers();
    for (const id of ['ana', 'bob', 'eva', 'leo']) {
      await connect(id);
      await clock.advance(1_000);
    }
    await choose(viewer('doctor', { id: 'ana' }), 'OFFLINE');
    await choose(viewer('doctor', { id: 'eva' }), 'AWAY');
    const list = async (args: string) =>
      (await data(dispatcher, `{ onlineUsers${args} { id name role status connectedAt connectionCount } }`))
        .onlineUsers;
    expect(await list('(limit: 2)')).toMatchObject([
      { id: 'bob', name: 'bob', role: 'doctor', status: 'ONLINE', connectedAt: '2026-01-01T00:00:01.000Z' },
      { id: 'eva', status: 'AWAY', connectionCount: 1 },
    ]);
    expect(await list('')).toMatchObject([{ id: 'bob' }, { id: 'eva' }, { id: 'leo' }]);
  });

  test('is not looked for any further when the caller has left', async () => {
    const { ask, connect } = await tUsers();
    await connect('ana');
    const leaving = new AbortController();
    const asked = ask(dispatcher, '{ onlineUsers { id } }', {}, leaving.signal);
    leaving.abort(new CallerLeft());
    expect((await asked).errors?.[0]?.originalError).toBeInstanceOf(CallerLeft);
  });

  test('is listed in pages of bounded size', async () => {
    const { ask } = await tUsers();
    expect(codeOf(await ask(dispatcher, '{ onlineUsers(limit: 501) { id } }'))).toBe('BAD_USER_INPUT');
  });
});

describe('changes of status', () => {
  const all = `subscription ($after: Cursor) { presenceChanged(after: $after) {
    cursor userId status previousStatus isOnline snapshot user { id } } }`;
  const one = `subscription { userStatusChanged(userId: "ana") { userId status previousStatus } }`;

  test('are shown once each: coming, choosing, going', async () => {
    const { connect, leave, choose, subscribe } = await tUsers();
    const everybody = await subscribe(dispatcher, all);
    const onlyAna = await subscribe(ana, one);
    await connect('ana', 'tab 1');
    await connect('ana', 'tab 2');
    await connect('bob');
    await choose(ana, 'AWAY');
    await choose(ana, 'AWAY');
    await leave('tab 1');
    await leave('tab 2');
    expect(await everybody.next()).toMatchObject({
      userId: 'ana',
      status: 'ONLINE',
      previousStatus: 'OFFLINE',
      isOnline: true,
      snapshot: false,
      user: { id: 'ana' },
    });
    expect((await everybody.take(3)).map(brief)).toEqual([
      'bob OFFLINE ONLINE',
      'ana ONLINE AWAY',
      'ana AWAY OFFLINE',
    ]);
    expect((await onlyAna.take(3)).map(brief)).toEqual([
      'ana OFFLINE ONLINE',
      'ana ONLINE AWAY',
      'ana AWAY OFFLINE',
    ]);
  });

  test('are not shown of users who are back within the grace period', async () => {
    const { connect, presence, clock, subscribe } = await tUsers();
    await connect('ana');
    const stream = await subscribe(dispatcher, all);
    await presence.disconnect('ana');
    await clock.advance(graceMs - 1);
    await connect('ana');
    await clock.advance(graceMs);
    await connect('bob');
    expect(brief(await stream.next())).toBe('bob OFFLINE ONLINE');
  });

  test('are not shown of users who do not want to be seen', async () => {
    const { connect, leave, choose, subscribe } = await tUsers();
    await connect('ana');
    const stream = await subscribe(dispatcher, all);
    await choose(ana, 'OFFLINE');
    await leave('ana');
    await connect('ana');
    await choose(ana, 'BUSY');
    expect((await stream.take(2)).map(brief)).toEqual(['ana ONLINE OFFLINE', 'ana OFFLINE BUSY']);
  });

  test('are not shown of users who choose while they are not connected', async () => {
    const { connect, choose, subscribe } = await tUsers();
    const stream = await subscribe(dispatcher, all);
    expect(await choose(ana, 'BUSY')).toEqual({ id: 'ana', status: 'OFFLINE' });
    await connect('ana');
    expect(brief(await stream.next())).toBe('ana OFFLINE BUSY');
  });

  test('go on with who is online, where the log no longer reaches back', async () => {
    const { connect, leave, subscribe, clock } = await tUsers({ maxEvents: 2 });
    const first = await subscribe(dispatcher, all);
    await connect('ana');
    const { cursor } = await first.next();
    first.leave();
    await clock.advance(0);
    for (const id of ['bob', 'eva']) await connect(id);
    await leave('ana');
    const second = await subscribe(dispatcher, all, { after: cursor });
    expect(await second.take(2)).toMatchObject([
      { userId: 'bob', status: 'ONLINE', previousStatus: null, snapshot: true },
      { userId: 'eva', status: 'ONLINE', previousStatus: null, snapshot: true },
    ]);
    await clock.advance(1);
    await leave('bob');
    expect(brief(await second.next())).toBe('bob ONLINE OFFLINE');
  });

  test('cannot be watched of what is not the id of a user', async () => {
    const { subscribe } = await tUsers();
    const asked = subscribe(dispatcher, 'subscription { userStatusChanged(userId: "a b") { status } }');
    await expect(asked).rejects.toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
  });
});

/** An event log that cannot be reached at first. */
class LateEventLog extends EventLogMemory {
  failures = 0;

  override append(requests: readonly AppendRequest[]) {
    if (this.failures === 0) return super.append(requests);
    this.failures -= 1;
    return Promise.reject(new Error('the event log is not there'));
  }
}

test('a change that the event log does not take is published later, and before later ones of the user', async () => {
  const clock = new ManualClock();
  const log = createLogger('silent');
  const eventLog = new LateEventLog({ clock, bounds: { maxEvents: 10, maxAgeMs: 60_000 } });
  const sessions = new SessionsMemory({ clock, ttlMs: 60_000 });
  const feed = new UserStatusFeed({ eventLog, sessions, clock, log });
  const start = await eventLog.position('users');
  eventLog.failures = 3;

  feed.onOnline({ viewerId: 'ana', at: clock.now() });
  feed.onOffline({ viewerId: 'ana', at: clock.now(), lastSeen: clock.now() });
  await clock.advance(5_000);
  await feed.close();

  const published = await eventLog.read('users', start, 10);
  expect(published).toMatchObject({
    events: [{ data: { status: 'ONLINE' } }, { data: { status: 'OFFLINE', previousStatus: 'ONLINE' } }],
  });
  expect(await eventLog.read('user:ana', await eventLog.position('user:ana'), 1)).toMatchObject({
    kind: 'events',
  });
  await eventLog.close();
});

/** Sessions that cannot be reached at first. */
class LateSessions extends SessionsMemory {
  failures = 0;

  override update(...args: Parameters<SessionsMemory['update']>) {
    if (this.failures === 0) return super.update(...args);
    this.failures -= 1;
    return Promise.reject(new Error('the sessions are not there'));
  }
}

test('a change of a user whose session cannot be reached is published later', async () => {
  const clock = new ManualClock();
  const eventLog = new EventLogMemory({ clock, bounds: { maxEvents: 10, maxAgeMs: 60_000 } });
  const sessions = new LateSessions({ clock, ttlMs: 60_000 });
  const feed = new UserStatusFeed({ eventLog, sessions, clock, log: createLogger('silent') });
  const start = await eventLog.position('users');
  sessions.failures = 3;
  feed.onOnline({ viewerId: 'ana', at: clock.now() });
  await clock.advance(5_000);
  await feed.close();
  expect(await eventLog.read('users', start, 10)).toMatchObject({ events: [{ data: { status: 'ONLINE' } }] });
  await eventLog.close();
});

test('closing does not wait for the pauses of a change that cannot be published', async () => {
  const clock = new ManualClock();
  const eventLog = new LateEventLog({ clock, bounds: { maxEvents: 10, maxAgeMs: 60_000 } });
  eventLog.failures = Infinity;
  const sessions = new SessionsMemory({ clock, ttlMs: 60_000 });
  const feed = new UserStatusFeed({ eventLog, sessions, clock, log: createLogger('silent') });
  feed.onOnline({ viewerId: 'ana', at: clock.now() });
  await clock.advance(100);
  await feed.close();
  await eventLog.close();
  await sessions.close();
  expect(clock.pending).toBe(0);
});
