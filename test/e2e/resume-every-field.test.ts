/** Each field of Subscription goes on where its stock client was, however that field begins. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { tEmbeddedAndRedis } from '../support/embedded-and-redis.ts';
import { tAcknowledgedSocket, type BareSocket } from '../support/graphql-client.ts';
import { assign, createDispatch, report } from '../support/operations.ts';
import { until } from '../support/until.ts';

interface Field {
  /** `$id` is a dispatch that the viewer follows. */
  readonly subscription: string;
  /** Makes the event of this number. */
  readonly happen: (app: RunningApp, id: string, number: number) => Promise<void>;
  /** The number of the event in what is shown; undefined for what is shown beside. */
  readonly numberOf: (shown: Record<string, unknown>) => number | undefined;
}

/** Of two events, so that the number of each is in its status. */
const statuses = ['BUSY', 'ONLINE'];

async function chooseStatus(app: RunningApp, _id: string, number: number): Promise<void> {
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
  userStatusChanged: { ...chosen, subscription: 'userStatusChanged(userId: "berta") { userId status }' },
  presenceChanged: { ...chosen, subscription: 'presenceChanged { userId status }' },
};

const setUps = tEmbeddedAndRedis();

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

describe.each(Object.keys(setUps))('with stores: %s', (setUp) => {
  test.each(Object.entries(fields))('%s', async (_name, field) => {
    const app = await tApp({ ...setUps[setUp]!(), REDIS_PREFIX: `${randomUUID()}:` });
    // The status of whoever is not connected changes for nobody.
    await tAcknowledgedSocket(app.wsUrl, await app.token({ sub: 'berta' }));
    const dispatchId = await createDispatch(app);
    const follow = 'mutation ($id: ID!) { subscribeToDispatch(id: $id) { id } }';
    expect((await app.ask(follow, { id: dispatchId })).errors).toBeUndefined();
    const id = randomUUID();
    const usesId = field.subscription.includes('$id');
    const watch = async () => {
      const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
      const query = `subscription ${usesId ? '($id: ID!)' : ''} { ${field.subscription} }`;
      socket.send({ id, type: 'subscribe', payload: { query, variables: usesId ? { id: dispatchId } : {} } });
      await until('it is live', async () => (await app.metric('dispatch_subscriptions')) === 1);
      return socket;
    };
    const first = await watch();
    await field.happen(app, dispatchId, 1);
    await first.until(() => shownOn(first, field).length === 1);
    await until('it is acknowledged', async () => (await app.metric('dispatch_acknowledgements_total')) > 0);
    first.socket.terminate();
    await until('it is gone', async () => (await app.metric('dispatch_subscriptions')) === 0);
    await field.happen(app, dispatchId, 2);
    const second = await watch();
    await second.until(() => shownOn(second, field).length >= 1);
    await field.happen(app, dispatchId, 2);
    expect(shownOn(second, field)[0]).toBe(2);
    expect(await app.metric('dispatch_slots_taken_total{outcome="returned"}')).toBe(1);
  });
});
