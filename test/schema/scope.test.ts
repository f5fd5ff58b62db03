/** Who is shown role and presence of users, and who changed a dispatch, whatever the way to it, and that groups split by nothing else. */
import { describe, expect, test } from '@jest/globals';
import { buildSchema, parse } from 'graphql';
import { roles } from '../../src/auth/roles.ts';
import type { Viewer } from '../../src/auth/viewer.ts';
import { applyScope, scopeBitsOf } from '../../src/schema/scope.ts';
import { codeOf, tSubgraph, viewer, type Data, type Stream } from '../support/subgraph.ts';

const user = '{ id name role status isOnline lastSeen connectionCount }';
const hidden = { role: null, status: null, isOnline: null, lastSeen: null, connectionCount: null };
const shown = { role: 'doctor', status: 'ONLINE', isOnline: true, connectionCount: 1 };

const eva = viewer('doctor', { id: 'eva' });
const say = 'mutation { broadcastMessage(channel: "sala", message: "hola") { id } }';

/** A subgraph where Eva is connected and has said something, and dispatch 1 was created and assigned by Ana. */
async function tPeople() {
  const subgraph = await tSubgraph();
  const { users, presence, data, clock, untilRelayed } = subgraph;
  await users.seen(eva);
  await presence.connect({
    ...{ connectionId: 'eva', viewerId: 'eva', name: 'Eva', role: 'doctor' },
    connectedAt: clock.now(),
  });
  const ana = viewer('dispatcher', { id: 'ana' });
  await data(eva, say);
  await data(ana, 'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 1 } }) { id } }');
  await data(ana, 'mutation { assignDispatch(id: 1, ambulanciaId: "A1") { id } }');
  await untilRelayed();
  return subgraph;
}

/** Each way to a user in queries and mutations: an operation whose data holds Eva. */
const waysToEva: Readonly<Record<string, (data: Data) => unknown>> = {
  [`{ _entities(representations: [{ __typename: "User", id: "eva" }]) { ... on User ${user} } }`]: (data) =>
    (data['_entities'] as unknown[])[0],
  [`{ channelHistory(channel: "sala") { sender ${user} } }`]: (data) =>
    (data['channelHistory'] as { sender: unknown }[])[0]!.sender,
  [`{ channelHistory(channel: "sala") { ...M } } fragment M on MessageBroadcast { sender { ... on User ${user} } }`]:
    (data) => (data['channelHistory'] as { sender: unknown }[])[0]!.sender,
};

describe('role and presence of a user, in queries and mutations', () => {
  test.each(Object.entries(waysToEva))('%s: by permission, or of oneself', async (query, evaIn) => {
    const { data } = await tPeople();
    const asked = async (client: Viewer) => evaIn(await data(client, query));
    for (const role of roles) {
      const sees = viewer(role).permissions.has('view-users');
      expect([role, await asked(viewer(role))]).toMatchObject([
        role,
        { id: 'eva', name: 'Name of eva', ...(sees ? shown : hidden) },
      ]);
    }
    expect(await asked(eva)).toMatchObject(shown);
    expect(
      await asked({ ...viewer('doctor'), permissions: new Set(['view-messages', 'view-users']) }),
    ).toMatchObject(shown);
  });

  test('are shown to who changes their own status, and to who sends a message of themselves', async () => {
    const { data } = await tPeople();
    const { updateUserStatus } = await data(eva, `mutation { updateUserStatus(status: BUSY) ${user} }`);
    expect(updateUserStatus).toMatchObject({ ...shown, status: 'BUSY' });
    const send = `mutation { broadcastMessage(channel: "sala", message: "?") { sender ${user} } }`;
    expect((await data(eva, send))['broadcastMessage']).toMatchObject({
      sender: { ...shown, status: 'BUSY' },
    });
  });
});

describe('who changed a dispatch', () => {
  const queries = [
    '{ dispatch(id: 1) { historial { actorId } } }',
    '{ despachos { historial { actorId } } }',
    '{ _entities(representations: [{ __typename: "Dispatch", id: "1" }]) { ... on Dispatch { historial { actorId } } } }',
    'mutation { subscribeToDispatch(id: 1) { historial { who: actorId } } }',
    '{ dispatch(id: 1) { historial { dispatch { historial { actorId } } } } }',
  ];

  test.each(queries)('%s: is shown to those who may read the audit trail', async (query) => {
    const { ask, data } = await tPeople();
    for (const role of roles) {
      const mayReadTrail = codeOf(await ask(viewer(role), '{ events { id } }')) === undefined;
      const text = JSON.stringify(await data(viewer(role), query));
      expect([role, text.includes('"ana"'), text.includes('null')]).toEqual([
        role,
        mayReadTrail,
        !mayReadTrail,
      ]);
    }
  });

  test.each([
    'subscription ($after: Cursor) { dispatchUpdated(id: 1, after: $after) { cursor actorId } }',
    'subscription ($after: Cursor) { dispatchesUpdated(after: $after) { cursor actorId } }',
    'subscription ($after: Cursor) { followedDispatchUpdated(after: $after) { cursor ...A } } fragment A on DispatchUpdate { actorId }',
    'subscription ($after: Cursor) { dispatchesUpdated(after: $after) { cursor dispatch { historial(limit: 1) { actorId } } } }',
  ])('%s: the same in a stream', async (query) => {
    const { data, subscribe, untilRelayed } = await tPeople();
    const watchers = ['dispatcher', 'paramedic', 'hospital', 'system'].map((role) => viewer(role));
    for (const watcher of watchers) await data(watcher, 'mutation { subscribeToDispatch(id: 1) { id } }');
    await untilRelayed();
    const streams: Stream[] = [];
    for (const watcher of watchers) {
      const stream = await subscribe(watcher, query);
      if (!query.includes('dispatchesUpdated')) await stream.next();
      streams.push(stream);
    }
    await data(viewer('admin'), 'mutation { updateDispatchStatus(id: 1, estado: EN_CAMINO) { id } }');
    const told = await Promise.all(streams.map(async (stream) => JSON.stringify(await stream.next())));
    expect(told.map((text) => text.includes('"admin"'))).toEqual([true, false, false, true]);
  });
});

describe('a group', () => {
  const senders = `subscription { messageBroadcast(channel: "sala") { sender ${user} } }`;
  const names = 'subscription { messageBroadcast(channel: "sala") { sender { id name } } }';

  test('is split by the permission where role or presence is asked for, and never by who somebody is', async () => {
    const { data, subscribe, hub } = await tPeople();
    const watchers = [viewer('doctor'), eva, viewer('hospital'), viewer('admin'), viewer('dispatcher')];
    const streams: Stream[] = [];
    for (const watcher of watchers) streams.push(await subscribe(watcher, senders));
    expect(hub.groups).toBe(2);
    // Often enough to be compiled: code is shared by all scopes.
    for (let round = 0; round < 12; round += 1) {
      await data(eva, say);
      const senderOf = async (index: number) => (await streams[index]!.next())['sender'];
      for (const index of [0, 1, 2]) expect(await senderOf(index)).toMatchObject({ id: 'eva', ...hidden });
      for (const index of [3, 4]) expect(await senderOf(index)).toMatchObject({ id: 'eva', ...shown });
    }
  });

  test('is one for all where nothing of the kind is asked for', async () => {
    const { subscribe, hub } = await tPeople();
    for (const role of roles) await subscribe(viewer(role), names);
    expect(hub.groups).toBe(1);
    for (const role of roles)
      await subscribe(
        viewer(role),
        'subscription { dispatchesUpdated { dispatch { id historial { changeType } } } }',
      );
    expect(hub.groups).toBe(2);
  });

  test('of a user’s own status shows them to themselves, with all who may see them', async () => {
    const { data, subscribe, hub } = await tPeople();
    const own = `subscription { userStatusChanged(userId: "eva") { status user ${user} } }`;
    const streams = [await subscribe(eva, own), await subscribe(viewer('dispatcher'), own)];
    expect(hub.groups).toBe(1);
    await data(eva, 'mutation { updateUserStatus(status: AWAY) { id } }');
    for (const stream of streams)
      expect(await stream.next()).toMatchObject({ status: 'AWAY', user: { ...shown, status: 'AWAY' } });
  });

  test('has a scope of what its operation asks for alone', async () => {
    const { schema } = await tSubgraph();
    const bitsOf = (text: string, index = 0) => {
      const document = parse(text);
      const definition = document.definitions[index]!;
      if (definition.kind !== 'OperationDefinition') throw new Error('An operation is wanted.');
      return scopeBitsOf(schema, document, definition);
    };
    expect(bitsOf('subscription { dispatchesUpdated { cursor } }')).toEqual([]);
    expect(bitsOf('subscription { presenceChanged { status isOnline } }')).toEqual([]);
    expect(bitsOf('subscription { presenceChanged { user { isOnline } } }')).toEqual(['seesUsers']);
    expect(bitsOf('subscription { dispatchesUpdated { x: actorId @skip(if: true) } }')).toEqual([
      'seesActors',
    ]);
    const two =
      'subscription A { presenceChanged { cursor } } subscription B { presenceChanged { user { role } } }';
    expect([bitsOf(two, 0), bitsOf(two, 1)]).toEqual([[], ['seesUsers']]);
    expect(bitsOf('{ user(id: 1) { role } }')).toEqual([]);
  });
});

test('a field that not everybody is shown must be able to be null', () => {
  const schema = buildSchema(`
    type Query { user: User }
    type User { role: String! }
  `);
  expect(() => applyScope(schema)).toThrow('User.role must be a field that may be null.');
});
