/** Proves when an assignment counts as delivered: once a client of its crew has it, and a gateway's word is none for that. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { tEmbeddedAndRedis } from '../support/embedded-and-redis.ts';
import { tAcknowledgedSocket, type BareSocket, type BareSocketOptions } from '../support/graphql-client.ts';
import { assign, createDispatch } from '../support/operations.ts';
import { until } from '../support/until.ts';

const setUps = tEmbeddedAndRedis();
const ambulanciaId = 'M-1';
const crew = { sub: 'eva', role: 'paramedic', ambulanciaId };
const offers = 'subscription ($after: Cursor) { assignmentOffered(after: $after) { change cursor } }';
/** A gateway answers pings without their payload. */
const likeAGateway: BareSocketOptions = { onPing: (_, socket) => socket.send({ type: 'pong' }) };

interface Offer {
  readonly change: string;
  readonly cursor: string;
}

const offersOn = ({ messages }: BareSocket): Offer[] =>
  messages.flatMap(({ type, payload }) =>
    type === 'next' ? [(payload as { data: { assignmentOffered: Offer } }).data.assignmentOffered] : [],
  );

/** The crew's app, which is shown its assignments. */
async function tCrew(app: RunningApp, options: BareSocketOptions & { after?: string } = {}) {
  const { after, ...socketOptions } = options;
  const subscribes = await app.metric('dispatch_subscriptions');
  const socket = await tAcknowledgedSocket(app.wsUrl, await app.token(crew), socketOptions);
  const payload = { query: offers, variables: { after } };
  socket.send({ id: randomUUID(), type: 'subscribe', payload });
  await until('it is live', async () => (await app.metric('dispatch_subscriptions')) > subscribes);
  return socket;
}

interface Shown {
  readonly delivery: string;
  readonly deliveredAt: string | null;
  readonly assignedAt: string;
}

async function deliveryOf(app: RunningApp, id: string): Promise<Shown> {
  const query = 'query ($id: ID!) { dispatch(id: $id) { assignment { delivery deliveredAt assignedAt } } }';
  const { data } = await app.ask<{ dispatch: { assignment: Shown } }>(query, { id });
  return data!.dispatch.assignment;
}

const untilDelivery = (app: RunningApp, id: string, delivery: string) =>
  until(`it is ${delivery}`, async () => {
    const shown = await deliveryOf(app, id);
    return shown.delivery === delivery ? shown : null;
  });

describe.each(Object.keys(setUps))('with stores: %s', (setUp) => {
  const tService = () =>
    tApp({ ...setUps[setUp]!(), REDIS_PREFIX: `${randomUUID()}:`, RECEIPT_INTERVAL_MS: '50' });

  test('what a client of the crew acknowledges is delivered: as an event, and as the state it begins with', async () => {
    const app = await tService();
    const socket = await tCrew(app);
    const [first, second] = [await createDispatch(app), await createDispatch(app)];
    await assign(app, first, ambulanciaId);
    await socket.until(() => offersOn(socket).length === 1);
    expect(await untilDelivery(app, first, 'DELIVERED')).not.toMatchObject({ deliveredAt: null });
    socket.socket.terminate();
    await until('it is gone', async () => (await app.metric('dispatch_subscriptions')) === 0);
    await assign(app, second, ambulanciaId);
    expect(await deliveryOf(app, second)).toMatchObject({ delivery: 'NOT_YET', deliveredAt: null });
    await tCrew(app);
    const { assignedAt, deliveredAt } = await untilDelivery(app, second, 'DELIVERED');
    expect(deliveredAt! >= assignedAt).toBe(true);
  });

  test('what a gateway has is not known to be delivered, until a client comes back with its cursor', async () => {
    const app = await tService();
    const id = await createDispatch(app);
    await assign(app, id, ambulanciaId);
    const socket = await tCrew(app, likeAGateway);
    await socket.until(() => offersOn(socket).length === 1);
    expect(await untilDelivery(app, id, 'UNKNOWN')).toMatchObject({ deliveredAt: null });
    await tCrew(app, { ...likeAGateway, after: offersOn(socket)[0]!.cursor });
    expect(await untilDelivery(app, id, 'DELIVERED')).not.toMatchObject({ deliveredAt: null });
  });

  test('a crew that changes to another ambulance is shown nothing more of the one before', async () => {
    const app = await tService();
    const socket = await tCrew(app);
    const token = await app.token({ ...crew, ambulanciaId: 'M-2' });
    socket.send({ type: 'ping', payload: { token } });
    const { payload } = await socket.message('error');
    expect(payload).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    const id = await createDispatch(app);
    await assign(app, id, 'M-2');
    const after = await tAcknowledgedSocket(app.wsUrl, token);
    after.send({ id: randomUUID(), type: 'subscribe', payload: { query: offers } });
    await after.until(() => offersOn(after).length === 1);
    expect(offersOn(after)).toMatchObject([{ change: 'SNAPSHOT' }]);
    expect(offersOn(socket)).toEqual([]);
  });
});
