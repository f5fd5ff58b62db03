/** Who may use which field. */
import { describe, expect, test } from '@jest/globals';
import type { GraphQLObjectType } from 'graphql';
import { roles } from '../../src/auth/roles.ts';
import { codeOf, tSubgraph, viewer } from '../support/subgraph.ts';

const everyone = 'admin dispatcher paramedic hospital doctor system';
const despachador = 'admin dispatcher system';
const seesUsers = 'admin dispatcher';
const place = '{latitud: 1, longitud: 1}';

/** Each root field: an operation that uses it, and who may. */
const table: Readonly<Record<string, readonly [operation: string, allowed: string]>> = {
  'Query.dispatch': ['{ dispatch(id: 1) { id } }', everyone],
  'Query.despachos': ['{ despachos { id } }', everyone],
  'Query.dispatchesCursor': ['{ dispatchesCursor }', everyone],
  'Query.alerts': ['{ alerts { edges { cursor } } }', everyone],
  'Query.events': ['{ events { id } }', despachador],
  'Query.receipts': ['{ receipts(despachoId: 1) { viewerId } }', despachador],
  'Query.user': ['{ user(id: "somebody") { id } }', seesUsers],
  'Query.onlineUsers': ['{ onlineUsers { id } }', seesUsers],
  'Query.connectionStats': ['{ connectionStats { users } }', seesUsers],
  'Query.liveSubscriptions': ['{ liveSubscriptions { total } }', 'admin'],
  'Query.channelHistory': ['{ channelHistory(channel: "general") { id } }', everyone],
  'Query.streamPlaces': [
    '{ streamPlaces(streams: [{ field: "dispatchUpdated", arguments: { id: "1" } }]) { cursor } }',
    everyone,
  ],
  'Mutation.createDispatch': [`mutation { createDispatch(input: {origen: ${place}}) { id } }`, despachador],
  'Mutation.assignDispatch': ['mutation { assignDispatch(id: 1, ambulanciaId: "A1") { id } }', despachador],
  'Mutation.updateDispatchStatus': [
    'mutation { updateDispatchStatus(id: 1, estado: EN_CAMINO) { id } }',
    'admin dispatcher paramedic system',
  ],
  'Mutation.answerAssignment': [
    'mutation { answerAssignment(id: 1, accept: true) { id } }',
    'admin dispatcher paramedic system',
  ],
  'Mutation.seeAssignment': ['mutation { seeAssignment(id: 1) { id } }', 'admin dispatcher paramedic system'],
  'Mutation.acknowledgeAlert': ['mutation { acknowledgeAlert(id: 1) { id } }', despachador],
  'Mutation.notifyDispatchEvent': [
    'mutation { notifyDispatchEvent(evento: "despacho.creado", despachoId: 1) }',
    'admin system',
  ],
  'Mutation.reportLocation': [
    `mutation { reportLocation(despachoId: 1, input: ${place}) { latitud } }`,
    'admin paramedic system',
  ],
  'Mutation.subscribeToDispatch': ['mutation { subscribeToDispatch(id: 1) { id } }', everyone],
  'Mutation.unsubscribeFromDispatch': ['mutation { unsubscribeFromDispatch(id: 1) { id } }', everyone],
  'Mutation.renewSession': ['mutation { renewSession(token: "t") { expiresAt } }', everyone],
  'Mutation.updateUserStatus': ['mutation { updateUserStatus(status: AWAY) { id } }', everyone],
  'Mutation.endSession': ['mutation { endSession(userId: "nobody", reason: "none") { userId } }', 'admin'],
  'Mutation.readmitUser': ['mutation { readmitUser(userId: "nobody", reason: "none") { userId } }', 'admin'],
  'Mutation.broadcastMessage': [
    'mutation { broadcastMessage(channel: "general", message: "hi") { id } }',
    everyone,
  ],
  'Subscription.dispatchUpdated': ['subscription { dispatchUpdated(id: 1) { timestamp } }', everyone],
  'Subscription.dispatchesUpdated': ['subscription { dispatchesUpdated { timestamp } }', everyone],
  'Subscription.followedDispatchUpdated': [
    'subscription { followedDispatchUpdated { timestamp } }',
    everyone,
  ],
  // Whoever's token names an ambulance, as only a crew's does.
  'Subscription.assignmentOffered': ['subscription { assignmentOffered { timestamp } }', 'paramedic'],
  'Subscription.alertRaised': ['subscription { alertRaised { id } }', everyone],
  'Subscription.locationUpdated': ['subscription { locationUpdated(despachoId: 1) { timestamp } }', everyone],
  'Subscription.locationsInArea': [
    'subscription { locationsInArea(area: { norte: 1, sur: 0, oeste: 0, este: 1 }) { timestamp } }',
    everyone,
  ],
  'Subscription.userStatusChanged': [
    'subscription { userStatusChanged(userId: "somebody") { status } }',
    seesUsers,
  ],
  'Subscription.presenceChanged': ['subscription { presenceChanged { status } }', seesUsers],
  'Subscription.messageBroadcast': ['subscription { messageBroadcast(channel: "general") { id } }', everyone],
};

/** A subgraph with dispatch 1, which ambulance A1 serves, and alert 1. */
async function tDispatched() {
  const subgraph = await tSubgraph();
  const origen = { latitud: 0, longitud: 0, direccion: null };
  const input = {
    origen,
    destino: null,
    prioridad: 'MEDIA',
    incidente: 'OTRO',
    observaciones: null,
  } as const;
  await subgraph.dispatches.create(input, 'ana');
  await subgraph.dispatches.assign('1', { id: 'A1', placa: null }, { actorId: 'ana', expectedVersion: null });
  const at = new Date(subgraph.clock.now()).toISOString();
  await subgraph.database.query
    .insertInto('alerts')
    .values({
      ...{ kind: 'OVERDUE', despacho_id: 1, estado: 'ASIGNADO', prioridad: 'MEDIA', revision: 1 },
      ...{ since: at, limit_at: at, raised_at: at, at },
    })
    .execute();
  /** The code it is refused with; undefined when it is not. */
  const refusal = async (asking: ReturnType<typeof viewer> | null, operation: string): Promise<unknown> => {
    if (!operation.startsWith('subscription')) return codeOf(await subgraph.ask(asking, operation));
    return subgraph.subscribe(asking, operation).then(
      () => undefined,
      (error: { extensions: { code: string } }) => error.extensions.code,
    );
  };
  /** What a refusal of the field itself says; empty when it is not refused. */
  const reason = async (asking: ReturnType<typeof viewer>, operation: string): Promise<string> => {
    if (operation.startsWith('subscription'))
      return subgraph.subscribe(asking, operation).then(
        () => '',
        ({ message }: Error) => message,
      );
    const { errors = [] } = await subgraph.ask(asking, operation);
    return errors.find(({ path }) => path?.length === 1)?.message ?? '';
  };
  return { ...subgraph, refusal, reason };
}

test('the table names every root field', async () => {
  const { schema } = await tSubgraph();
  const named = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!].flatMap(
    (type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`),
  );
  expect(Object.keys(table).sort()).toEqual(named.filter((name) => !name.startsWith('Query._')).sort());
});

describe.each(roles)('%s', (role) => {
  test('may use what its permissions say, and nothing else', async () => {
    const { refusal } = await tDispatched();
    const asking = viewer(role, { ambulanciaId: role === 'paramedic' ? 'A1' : null });
    const refused: string[] = [];
    for (const [field, [operation]] of Object.entries(table)) {
      const code = await refusal(asking, operation);
      // Without a socket there is no session to renew, whoever asks.
      if (code !== undefined && code !== 'BAD_REQUEST') refused.push(`${field} ${String(code)}`);
    }
    const expected = Object.entries(table).filter(([, [, allowed]]) => !allowed.split(' ').includes(role));
    expect(refused).toEqual(expected.map(([field]) => `${field} FORBIDDEN`));
  });
});

test('without a viewer everything is refused, and no stream opens', async () => {
  const { refusal, opened } = await tDispatched();
  for (const [operation] of Object.values(table))
    expect(await refusal(null, operation)).toBe('UNAUTHENTICATED');
  expect(opened).toEqual([]);
});

test('a refused subscription opens no stream', async () => {
  const { refusal, opened } = await tDispatched();
  const nobody = { ...viewer('doctor'), permissions: new Set<string>() };
  const streams = Object.entries(table).filter(([field]) => field.startsWith('Subscription.'));
  for (const [, [operation]] of streams) await refusal(nobody, operation);
  expect(opened).toEqual([]);
});

test('a refusal names the permission that is missing', async () => {
  const { ask } = await tDispatched();
  const { errors } = await ask(viewer('doctor'), table['Mutation.createDispatch']![0]);
  expect(errors?.[0]?.message).toBe('The permission "create-dispatch" is needed and missing.');
});

test('the description of a field names the permission or the role that a refusal names', async () => {
  const { schema, reason } = await tDispatched();
  const nobody = { ...viewer('doctor'), permissions: new Set<string>() };
  const crew = viewer('paramedic', { ambulanciaId: 'A1' });
  const described: string[] = [];
  const refused: string[] = [];
  for (const [name, [operation]] of Object.entries(table)) {
    const [type = '', field = ''] = name.split('.');
    const text = (schema.getType(type) as GraphQLObjectType).getFields()[field]!.description ?? '';
    const [, says, everywhere] =
      /Needs\s+(?:the\s+role\s+)?`([\w-]+)`( on every\s+dispatch)?/.exec(text) ?? [];
    const [, needed] =
      /^The (?:permission|role) "([\w-]+)" is needed/.exec(await reason(nobody, operation)) ?? [];
    const isEverywhere = / is needed for every dispatch/.test(await reason(crew, operation));
    described.push(`${name}: ${says ?? 'a token'}${everywhere ? ', everywhere' : ''}`);
    refused.push(`${name}: ${needed ?? 'a token'}${isEverywhere ? ', everywhere' : ''}`);
  }
  expect(described).toEqual(refused);
  expect(refused.filter((one) => !one.endsWith('a token')).length).toBeGreaterThan(30);
});

test('permissions of a token count, whatever the role', async () => {
  const { refusal } = await tDispatched();
  const asking = { ...viewer('doctor'), permissions: new Set(['create-dispatch']) };
  expect(await refusal(asking, table['Mutation.createDispatch']![0])).toBeUndefined();
  expect(await refusal(asking, table['Query.dispatch']![0])).toBe('FORBIDDEN');
});

test('viewers may always see themselves', async () => {
  const { refusal } = await tDispatched();
  const asking = viewer('doctor', { id: 'house' });
  expect(await refusal(asking, '{ user(id: "house") { status } }')).toBeUndefined();
  expect(
    await refusal(asking, 'subscription { userStatusChanged(userId: "house") { status } }'),
  ).toBeUndefined();
});

describe('a paramedic', () => {
  const changes = [table['Mutation.updateDispatchStatus']![0], table['Mutation.reportLocation']![0]];

  test('changes dispatches of their own ambulance only', async () => {
    const { refusal } = await tDispatched();
    for (const operation of changes) {
      expect(await refusal(viewer('paramedic', { ambulanciaId: 'A2' }), operation)).toBe('FORBIDDEN');
      expect(await refusal(viewer('paramedic', { ambulanciaId: 'A1' }), operation)).toBeUndefined();
    }
  });

  test('without an ambulance changes none, not even one without an ambulance', async () => {
    const { refusal, dispatches } = await tDispatched();
    const origen = { latitud: 0, longitud: 0, direccion: null };
    const input = {
      origen,
      destino: null,
      prioridad: 'MEDIA',
      incidente: 'OTRO',
      observaciones: null,
    } as const;
    const { id } = await dispatches.create(input, 'ana');
    const cancel = `mutation { updateDispatchStatus(id: ${id}, estado: CANCELADO) { id } }`;
    for (const operation of [...changes, cancel])
      expect(await refusal(viewer('paramedic'), operation)).toBe('FORBIDDEN');
  });
});
