/** Proves that there is a receipt for what a client has acknowledged, and for nothing else. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { tCallbackRouter } from '../support/callback-router.ts';
import { tEmbeddedAndRedis } from '../support/embedded-and-redis.ts';
import { tEventStream } from '../support/event-stream.ts';
import { tAcknowledgedSocket, type BareSocket, type BareSocketOptions } from '../support/graphql-client.ts';
import {
  assign,
  createDispatch,
  dispatchesUpdated,
  dispatchUpdated,
  followedDispatchUpdated,
  fromNow,
  move,
  type Update,
} from '../support/operations.ts';
import { receiptsOf, seenOf, untilSeen } from '../support/receipts.ts';
import { listen, tUnawareClient } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const setUps = tEmbeddedAndRedis();
/** Receipts are written more often than usual. */
const often = { RECEIPT_INTERVAL_MS: '50' };

/** The versions that a bare socket was shown of an operation. */
const versionsOn = ({ messages }: BareSocket, id: string): number[] =>
  messages
    .filter((message) => message['type'] === 'next' && message['id'] === id)
    .map(({ payload }) => {
      const { data } = payload as { readonly data: Record<string, Update> };
      return Object.values(data)[0]!.dispatch.version;
    });

const live = (app: RunningApp, count: number) =>
  until('they are live', async () => (await app.metric('dispatch_subscriptions')) === count);

/** A bare socket that watches a dispatch, of which it has the snapshot. */
async function tWatcher(
  app: RunningApp,
  viewerId: string,
  id: string,
  { before = () => {}, ...options }: BareSocketOptions & { before?: (socket: BareSocket) => void } = {},
) {
  const socket = await tAcknowledgedSocket(app.wsUrl, await app.token({ sub: viewerId }), options);
  before(socket);
  const operation = randomUUID();
  socket.send({
    ...{ id: operation, type: 'subscribe' },
    payload: { query: dispatchUpdated, variables: { id } },
  });
  await socket.until(() => versionsOn(socket, operation).length > 0);
  return {
    socket,
    operation,
    shown: (version: number) => socket.until(() => versionsOn(socket, operation).includes(version)),
  };
}

/** A stock client of a viewer. */
const tStock = async (app: RunningApp, viewerId: string) =>
  tUnawareClient(app.wsUrl, await app.token({ sub: viewerId }));

describe.each(Object.keys(setUps))('with stores: %s', (setUp) => {
  const tService = (env: Record<string, string> = {}) =>
    tApp({ ...setUps[setUp]!(), REDIS_PREFIX: `${randomUUID()}:`, ...often, ...env });

  test('each viewer has receipts of what their filter has shown them', async () => {
    const app = await tService();
    const id = await createDispatch(app, { prioridad: 'ALTA' });
    const other = await createDispatch(app, { prioridad: 'BAJA' });
    const after = await fromNow(app);
    const [all, some] = [await tStock(app, 'all'), await tStock(app, 'some')];
    const everything = listen<Update>(all, dispatchesUpdated, after);
    const assigned = listen<Update>(some, dispatchesUpdated, { ...after, estado: 'ASIGNADO' });
    const before = Date.now();
    await assign(app, id);
    await move(app, id, 'EN_CAMINO');
    await move(app, id, 'EN_SITIO');
    await assign(app, other);
    await everything.until((events) => events.length === 4);
    await assigned.until((events) => events.length === 3);
    const [receipt] = (await untilSeen(app, id, 4, 'all')).filter(({ viewerId }) => viewerId === 'all');
    await untilSeen(app, other, 2, 'some');
    expect(receipt).toMatchObject({
      ...{ field: 'dispatchesUpdated', arguments: {}, snapshot: false },
      ...{ transport: 'WEBSOCKET', acknowledgedBy: 'CLIENT' },
    });
    expect(await seenOf(app, id)).toEqual(['all 2', 'all 3', 'all 4', 'some 2', 'some 3']);
    expect(await seenOf(app, id, 3)).toEqual(['all 3', 'some 3']);
    const [of] = (await receiptsOf(app, id, 3)).filter(({ viewerId }) => viewerId === 'some');
    expect(of!.arguments).toEqual({ estado: 'ASIGNADO' });
    expect(Date.parse(of!.sentAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(of!.acknowledgedAt)).toBeGreaterThanOrEqual(Date.parse(of!.sentAt));
    for (const { unsubscribe } of [everything, assigned]) unsubscribe();
  });

  test('of who was cut off before they answered there is none, though they were shown it', async () => {
    const app = await tService();
    const id = await createDispatch(app);
    const witness = await tWatcher(app, 'witness', id);
    let isSilent = false;
    const cut = await tWatcher(app, 'cut', id, {
      onPing(payload, socket) {
        if (!isSilent) socket.send({ type: 'pong', payload });
      },
    });
    const never = await tWatcher(app, 'never', id, { onPing: () => {} });
    await assign(app, id);
    await cut.shown(2);
    await untilSeen(app, id, 2, 'cut');
    isSilent = true;
    await move(app, id, 'EN_CAMINO');
    await Promise.all([cut.shown(3), never.shown(3)]);
    for (const { socket } of [cut, never]) socket.socket.terminate();
    await live(app, 1);
    await witness.shown(3);
    await untilSeen(app, id, 3, 'witness');
    expect(await seenOf(app, id)).toEqual([
      ...['cut 1 as it was', 'cut 2', 'witness 1 as it was', 'witness 2', 'witness 3'],
    ]);
  });

  test('who answers without the payload, as routers do, is a gateway; and so is who comes from its network, or shows its secret', async () => {
    const app = await tService();
    const id = await createDispatch(app);
    await tWatcher(app, 'behind-a-router', id, { onPing: (_, socket) => socket.send({ type: 'pong' }) });
    const [receipt] = await untilSeen(app, id, 1, 'behind-a-router');
    expect(receipt).toMatchObject({ transport: 'WEBSOCKET', acknowledgedBy: 'GATEWAY' });

    const named = await tService({ GATEWAY_NETWORKS: '10.0.0.0/8,127.0.0.0/8' });
    const again = await createDispatch(named);
    await tWatcher(named, 'behind-a-gateway', again);
    const [known] = await untilSeen(named, again, 1, 'behind-a-gateway');
    expect(known).toMatchObject({ transport: 'WEBSOCKET', acknowledgedBy: 'GATEWAY' });

    const secret = randomUUID();
    const trusting = await tService({ GATEWAY_SECRET: secret });
    const third = await createDispatch(trusting);
    await tWatcher(trusting, 'with-the-secret', third, { headers: { 'gateway-secret': secret } });
    await tWatcher(trusting, 'with-another', third, { headers: { 'gateway-secret': randomUUID() } });
    await untilSeen(trusting, third, 1, 'with-the-secret');
    const both = await untilSeen(trusting, third, 1, 'with-another');
    const byViewer = Object.fromEntries(
      both.map(({ viewerId, acknowledgedBy }) => [viewerId, acknowledgedBy]),
    );
    expect(byViewer).toEqual({ 'with-the-secret': 'GATEWAY', 'with-another': 'CLIENT' });
  });

  test('who sends pongs that nobody asked for has none for pongs without the payload', async () => {
    // No ping goes out before an event does: the pong that comes first answers none.
    const app = await tService();
    const id = await createDispatch(app);
    let answers = 0;
    const eager = await tWatcher(app, 'eager', id, {
      before: (socket) => socket.send({ type: 'pong' }),
      onPing(_, socket) {
        socket.send({ type: 'pong' });
        answers += 1;
      },
    });
    await tWatcher(app, 'witness', id);
    const before = answers;
    await assign(app, id);
    await eager.shown(2);
    await until('it has answered', () => answers > before);
    await move(app, id, 'EN_CAMINO');
    await untilSeen(app, id, 3, 'witness');
    expect(await seenOf(app, id)).toEqual(['witness 1 as it was', 'witness 2', 'witness 3']);
  }, 30_000);

  test('what was shown last has one too, when the client has ended its operation since', async () => {
    const app = await tService();
    const id = await createDispatch(app);
    const { socket, operation } = await tWatcher(app, 'brief', id);
    socket.send({ id: operation, type: 'complete' });
    await live(app, 0);
    expect(await untilSeen(app, id, 1, 'brief')).toHaveLength(1);
  });

  test('who follows a dispatch has receipts from then on, until they follow it no more', async () => {
    const app = await tService();
    const id = await createDispatch(app);
    const token = await app.token({ sub: 'luz' });
    const follow = (field: string) => app.ask(`mutation { ${field}(id: "${id}") { id } }`, {}, token);
    const shown = listen<Update>(await tStock(app, 'luz'), followedDispatchUpdated);
    await live(app, 1);
    await follow('subscribeToDispatch');
    await assign(app, id);
    await shown.until((events) => events.length === 2);
    await follow('unsubscribeFromDispatch');
    await move(app, id, 'EN_CAMINO');
    await follow('subscribeToDispatch');
    await move(app, id, 'EN_SITIO');
    await shown.until((events) => events.length === 4);
    await untilSeen(app, id, 4, 'luz');
    expect(await seenOf(app, id)).toEqual(['luz 1 as it was', 'luz 2', 'luz 3 as it was', 'luz 4']);
    expect(shown.events.map(({ dispatch }) => dispatch.version)).toEqual([1, 2, 3, 4]);
    shown.unsubscribe();
  });

  test('a router has receipts of what it took by callback, and of nothing that it did not take', async () => {
    const router = await tCallbackRouter();
    const app = await tService({ CALLBACK_ORIGINS: router.origin, CALLBACK_RETRY_MS: '200' });
    const id = await createDispatch(app);
    const asked = await router.ask(app.url, {
      token: await app.token({ sub: 'called' }),
      ...{ query: dispatchUpdated, variables: { id } },
    });
    const [receipt] = await untilSeen(app, id, 1, 'called');
    expect(receipt).toMatchObject({ transport: 'CALLBACK', acknowledgedBy: 'GATEWAY', snapshot: true });
    await assign(app, id);
    await untilSeen(app, id, 2, 'called');
    router.hangs = ({ action }) => action === 'next';
    await move(app, id, 'EN_CAMINO');
    await router.until(() => router.of(asked.id, 'next').length === 3);
    await move(app, id, 'EN_SITIO');
    await router.close();
    await live(app, 0);
    await tWatcher(app, 'witness', id);
    await untilSeen(app, id, 4, 'witness');
    expect(await seenOf(app, id)).toEqual(['called 1 as it was', 'called 2', 'witness 4 as it was']);
  }, 30_000);

  test('an event stream has none: nobody acknowledges it', async () => {
    const app = await tService();
    const id = await createDispatch(app);
    const query = new URLSearchParams({ query: dispatchUpdated, variables: JSON.stringify({ id }) });
    const stream = await tEventStream(`${app.url}/graphql?${query}`, {
      token: await app.token({ sub: 'reader' }),
    });
    await stream.until(({ events }) => events.length > 0);
    await tWatcher(app, 'witness', id);
    await untilSeen(app, id, 1, 'witness');
    expect(await seenOf(app, id)).toEqual(['witness 1 as it was']);
  });
});

test.each([
  { id: 'abc', version: null, field: 'despachoId' },
  { id: '1', version: -3, field: 'version' },
  { id: '1', version: 0, field: 'version' },
])('what no dispatch can have is refused: $id, $version', async ({ field, ...variables }) => {
  const app = await tApp();
  const query =
    'query ($id: ID!, $version: Int) { receipts(despachoId: $id, version: $version) { viewerId } }';
  const { errors } = await app.ask(query, variables);
  expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field } }]);
});

test('of a dispatch that there is not there are none', async () => {
  expect(await receiptsOf(await tApp(), '1')).toEqual([]);
});

test('none are kept where that is switched off', async () => {
  const app = await tApp({ ...often, RECEIPTS: 'off' });
  const id = await createDispatch(app);
  const watcher = await tWatcher(app, 'luz', id);
  const acknowledged = (times: number) =>
    until('it is acknowledged', async () => (await app.metric('dispatch_acknowledgements_total')) === times);
  await acknowledged(1);
  await assign(app, id);
  await watcher.shown(2);
  await acknowledged(2);
  expect(await receiptsOf(app, id)).toEqual([]);
  expect(await app.metric('dispatch_receipts_total')).toBe(0);
});
