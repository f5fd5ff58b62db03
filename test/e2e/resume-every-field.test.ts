/** Each field of Subscription goes on where its stock client was, however that field begins. */
import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { tAcknowledgedSocket, type BareSocket } from '../support/graphql-client.ts';
import { assign, createDispatch, report } from '../support/operations.ts';
import { tServices } from '../support/service.ts';
import type { TestClient } from '../support/test-client.ts';
import { until } from '../support/until.ts';

interface Field {
  /** `$id` is a dispatch that the viewer follows. */
  readonly subscription: string;
  /** What the token of who watches has to say. */
  readonly claims?: { readonly ambulanciaId: string };
  /** Makes the event of this number. */
  readonly happen: (app: TestClient, id: string, number: number) => Promise<void>;
  /** The number of the event in what is shown; undefined for what is shown beside. */
  readonly numberOf: (shown: Record<string, unknown>) => number | undefined;
}

/** Of two events, so that the number of each is in its status. */
const statuses = ['BUSY', 'ONLINE'];

async function chooseStatus(app: TestClient, _id: string, number: number): Promise<void> {
  const query = 'mutation ($status: UserStatus!) { updateUserStatus(status: $status) { id } }';
  const status = statuses[number - 1];
  const { errors } = await app.ask(query, { status }, await app.token({ sub: 'berta' }));
  expect(errors).toBeUndefined();
}

const assigned: Pick<Field, 'happen' | 'numberOf'> = {
  happen: (app, id, number) => assign(app, id, `A-${number}`),
  numberOf: ({ changeType, dispatch }) =>
    changeType === 'ASSIGNED'
      ? Number((dispatch as { ambulancia: { id: string } }).ambulancia.id.slice(2))
      : undefined,
};
const update = '{ changeType dispatch { ambulancia { id } } }';

const chosen: Pick<Field, 'happen' | 'numberOf'> = {
  happen: chooseStatus,
  numberOf: ({ userId, status }) => (userId === 'berta' ? statuses.indexOf(String(status)) + 1 : undefined),
};

const fields: Readonly<Record<string, Field>> = {
  // The first, since it shows what others report, too.
  locationsInArea: {
    subscription:
      'locationsInArea(area: { norte: 3, sur: 0, oeste: 1, este: 3 }) { change location { latitud } }',
    happen: report,
    numberOf: ({ change, location }) =>
      change === 'LEFT' ? undefined : (location as { latitud: number }).latitud,
  },
  dispatchUpdated: { ...assigned, subscription: `dispatchUpdated(id: $id) ${update}` },
  dispatchesUpdated: { ...assigned, subscription: `dispatchesUpdated ${update}` },
  followedDispatchUpdated: { ...assigned, subscription: `followedDispatchUpdated ${update}` },
  locationUpdated: {
    subscription: 'locationUpdated(despachoId: $id) { snapshot location { latitud } }',
    happen: report,
    numberOf: ({ snapshot, location }) =>
      snapshot === false ? (location as { latitud: number }).latitud : undefined,
  },
  messageBroadcast: {
    subscription: 'messageBroadcast(channel: "general") { message }',
    happen: async (app, _id, number) => {
      const query =
        'mutation ($message: String!) { broadcastMessage(channel: "general", message: $message) { id } }';
      expect((await app.ask(query, { message: String(number) })).errors).toBeUndefined();
    },
    numberOf: ({ message }) => Number(message),
  },
  assignmentOffered: {
    subscription: 'assignmentOffered { change dispatch { observaciones } }',
    claims: { ambulanciaId: 'M-1' },
    happen: async (app, _id, number) =>
      assign(app, await createDispatch(app, { observaciones: String(number) }), 'M-1'),
    numberOf: ({ change, dispatch }) =>
      change === 'OFFERED' ? Number((dispatch as { observaciones: string }).observaciones) : undefined,
  },
  alertRaised: {
    subscription: 'alertRaised { dispatch { observaciones } }',
    happen: async (app, _id, number) => {
      await createDispatch(app, { prioridad: 'CRITICA', observaciones: String(number) });
    },
    numberOf: ({ dispatch }) => Number((dispatch as { observaciones: string }).observaciones),
  },
  userStatusChanged: { ...chosen, subscription: 'userStatusChanged(userId: "berta") { userId status }' },
  presenceChanged: { ...chosen, subscription: 'presenceChanged { userId status }' },
};

/** Those that are CRITICA alone: nobody else is to be raised. */
const env = { ALERT_OVERDUE_MS: 'PENDIENTE:CRITICA=50' };
const tService = tServices();

interface Served {
  readonly wsUrl: string;
  readonly client: TestClient;
}

/** The status of whoever is not connected changes for nobody. */
const tConnected = async (wsUrl: string, client: TestClient) =>
  tAcknowledgedSocket(wsUrl, await client.token({ sub: 'berta' }));

/** The number of each event that was shown on a socket. */
const shownOn = ({ messages }: BareSocket, { numberOf }: Field): number[] =>
  messages.flatMap(({ type, payload }) => {
    if (type !== 'next') return [];
    const { data } = payload as { data: Record<string, Record<string, unknown>> };
    return numberOf(Object.values(data)[0]!) ?? [];
  });

test('all fields are tried', async () => {
  const app = await tApp();
  const { data } = await app.ask<{ __schema: { subscriptionType: { fields: { name: string }[] } } }>(
    '{ __schema { subscriptionType { fields { name } } } }',
  );
  const names = data!.__schema.subscriptionType.fields.map(({ name }) => name);
  expect(Object.keys(fields).sort()).toEqual(names.sort());
});

/** Who goes on with the operation is on `later` then. */
async function expectToGoOn(field: Field, first: Served, later: Served): Promise<void> {
  const { client } = first;
  const dispatchId = await createDispatch(client);
  const follow = 'mutation ($id: ID!) { subscribeToDispatch(id: $id) { id } }';
  expect((await client.ask(follow, { id: dispatchId })).errors).toBeUndefined();
  const id = randomUUID();
  const usesId = field.subscription.includes('$id');
  const watch = async ({ wsUrl, client: server }: Served) => {
    const socket = await tAcknowledgedSocket(wsUrl, await server.token(field.claims));
    const query = `subscription ${usesId ? '($id: ID!)' : ''} { ${field.subscription} }`;
    socket.send({ id, type: 'subscribe', payload: { query, variables: usesId ? { id: dispatchId } : {} } });
    await until('it is live', async () => (await server.metric('dispatch_subscriptions')) === 1);
    return socket;
  };
  const before = await watch(first);
  await field.happen(client, dispatchId, 1);
  await before.until(() => shownOn(before, field).length === 1);
  await before.acknowledged();
  before.socket.terminate();
  await until('it is gone', async () => (await client.metric('dispatch_subscriptions')) === 0);
  await field.happen(client, dispatchId, 2);
  const after = await watch(later);
  await after.until(() => shownOn(after, field).length >= 1);
  expect(shownOn(after, field)).toEqual([2]);
  after.socket.terminate();
  await until('it is gone', async () => (await later.client.metric('dispatch_subscriptions')) === 0);
}

test.each(Object.entries(fields))('%s, with embedded stores', async (_name, field) => {
  const app = await tApp(env);
  await tConnected(app.wsUrl, app);
  const served = { wsUrl: app.wsUrl, client: app };
  await expectToGoOn(field, served, served);
});

test('all of them, on another process', async () => {
  const { servers } = await tService({ processes: 2, env });
  const [a, b] = servers;
  await tConnected(b!.wsUrl, b!.client);
  for (const field of Object.values(fields)) await expectToGoOn(field, a!, b!);
  expect(await b!.client.metric('dispatch_slots_taken_total{outcome="returned"}')).toBe(
    Object.keys(fields).length,
  );
  // Ten fields, one after the other, each with connections that are cut.
}, 240_000);
