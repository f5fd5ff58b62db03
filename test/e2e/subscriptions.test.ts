/** Proves that subscribers with the stock client and a real server see what happens. */
import { describe, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import {
  assign,
  createDispatch,
  dispatchesUpdated,
  dispatchUpdated,
  followedDispatchUpdated,
  fromNow,
  locationUpdated,
  move,
  report,
  runThrough,
  type Update,
} from '../support/operations.ts';
import { until } from '../support/until.ts';

interface Place {
  readonly position: string;
  readonly follows: string | null;
}

const versions = (events: readonly Update[]) => events.map(({ dispatch }) => dispatch.version);

describe('one dispatch', () => {
  test('is seen by a subscriber from its creation to its end', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const shown = subscribe<Update>(tClient(app.wsUrl, await app.token()), dispatchUpdated, { id });
    await shown.until((events) => events.length === 1);
    await runThrough(app, id);
    await shown.until((events) => events.at(-1)?.dispatch.estado === 'COMPLETADO');
    expect(shown.events.map(({ changeType, dispatch }) => `${changeType} ${dispatch.estado}`)).toEqual([
      'SNAPSHOT PENDIENTE',
      'ASSIGNED ASIGNADO',
      'STATUS_CHANGED EN_CAMINO',
      'STATUS_CHANGED EN_SITIO',
      'STATUS_CHANGED TRASLADANDO',
      'STATUS_CHANGED COMPLETADO',
    ]);
    expect(shown.events[2]).toMatchObject({ previousEstado: 'ASIGNADO', actorId: 'ana' });
    expect(versions(shown.events)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('resumes after a cursor on another connection', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const first = subscribe<Update>(tClient(app.wsUrl, await app.token()), dispatchUpdated, { id });
    await assign(app, id);
    await first.until((events) => events.some(({ dispatch }) => dispatch.version === 2));
    first.unsubscribe();
    await move(app, id, 'EN_CAMINO');
    await move(app, id, 'EN_SITIO');
    const after = first.events.at(-1)!.cursor;
    const second = subscribe<Update>(tClient(app.wsUrl, await app.token()), dispatchUpdated, { id, after });
    await move(app, id, 'COMPLETADO');
    await second.until((events) => events.length === 3);
    expect(versions(second.events)).toEqual([3, 4, 5]);
    expect(second.events.every(({ changeType }) => changeType === 'STATUS_CHANGED')).toBe(true);
  });

  test('does not resume after a cursor of another stream, and says which argument is wrong', async () => {
    const app = await tApp();
    const client = tClient(app.wsUrl, await app.token());
    const [id, other] = [await createDispatch(app), await createDispatch(app)];
    const shown = subscribe<Update>(client, dispatchUpdated, { id });
    await shown.until((events) => events.length === 1);
    for (const after of [shown.events[0]!.cursor, 'nonsense']) {
      const refused = subscribe<Update>(client, dispatchUpdated, { id: other, after });
      await refused.ended();
      expect(refused.failures).toMatchObject([
        {
          message: '`after` is not a cursor of this stream.',
          extensions: { code: 'BAD_USER_INPUT', argument: 'after' },
        },
      ]);
      expect(refused.events).toEqual([]);
    }
  });

  test('costs one execution per event, however many watch', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const token = await app.token();
    const watching = Array.from({ length: 30 }, () =>
      subscribe<Update>(tClient(app.wsUrl, token), dispatchUpdated, { id }),
    );
    await Promise.all(watching.map((shown) => shown.until((events) => events.length === 1)));
    const before = await app.metric('dispatch_executions_total');
    await runThrough(app, id);
    await Promise.all(watching.map((shown) => shown.until((events) => events.length === 6)));
    expect((await app.metric('dispatch_executions_total')) - before).toBe(5);
  });

  test('has the values of the database at the time of the event, with new loaders for each event', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    await assign(app, id);
    const query =
      'subscription ($id: ID!) { dispatchUpdated(id: $id) { dispatch { ubicacionActual { latitud } rastreo(limit: 1) { latitud } } } }';
    const shown = subscribe(tClient(app.wsUrl, await app.token()), query, { id });
    await shown.until((events) => events.length === 1);
    await report(app, id, 11);
    await move(app, id, 'EN_CAMINO');
    await shown.until((events) => events.length === 2);
    await report(app, id, 12);
    await move(app, id, 'EN_SITIO');
    await shown.until((events) => events.length === 3);
    expect(shown.events).toEqual([
      { dispatch: { ubicacionActual: null, rastreo: [] } },
      { dispatch: { ubicacionActual: { latitud: 11 }, rastreo: [{ latitud: 11 }] } },
      { dispatch: { ubicacionActual: { latitud: 12 }, rastreo: [{ latitud: 12 }] } },
    ]);
  });
});

describe('the board', () => {
  test('misses nothing between its list and its stream', async () => {
    const app = await tApp();
    const seen = await createDispatch(app);
    const { data } = await app.ask<{ dispatchesCursor: string; despachos: { id: string }[] }>(
      '{ despachos { id } dispatchesCursor }',
    );
    expect(data!.despachos.map(({ id }) => id)).toEqual([seen]);
    const between = await createDispatch(app);
    const after = data!.dispatchesCursor;
    const shown = subscribe<Update>(tClient(app.wsUrl, await app.token()), dispatchesUpdated, { after });
    const later = await createDispatch(app);
    await shown.until((events) => events.some(({ dispatch }) => dispatch.id === later));
    const ids = shown.events.map(({ dispatch }) => dispatch.id);
    expect(ids.filter((id) => id !== seen)).toEqual([between, later]);
  });

  test('costs one execution per event, however many filters there are', async () => {
    const app = await tApp();
    const { after } = await fromNow(app);
    const client = tClient(app.wsUrl, await app.token());
    const query = `subscription ($estado: DispatchStatus, $after: Cursor) {
      dispatchesUpdated(estado: $estado, after: $after) { position follows } }`;
    // With how many of the changes each is shown: into the status, and out of it.
    const filters = { PENDIENTE: 2, ASIGNADO: 2, EN_CAMINO: 2, EN_SITIO: 2, TRASLADANDO: 2, COMPLETADO: 1 };
    const watching = [[undefined, 6] as const, ...Object.entries(filters)].map(([estado, count]) => ({
      count,
      shown: subscribe<Place>(client, query, { estado, after }),
    }));
    await until('all are live', async () => (await app.metric('dispatch_subscriptions')) === watching.length);
    const before = await app.metric('dispatch_executions_total');
    await runThrough(app, await createDispatch(app));
    for (const { shown, count } of watching) await shown.until((events) => events.length === count);
    expect((await app.metric('dispatch_executions_total')) - before).toBe(6);
    for (const { shown } of watching) {
      const [, ...later] = shown.events;
      expect(later.map(({ follows }) => follows)).toEqual(
        shown.events.slice(0, -1).map(({ position }) => position),
      );
    }
  });

  test('with a filter sees a dispatch begin and cease to match, and nothing else', async () => {
    const app = await tApp();
    const { data } = await app.ask<{ dispatchesCursor: string }>('{ dispatchesCursor }');
    const shown = subscribe<Update>(tClient(app.wsUrl, await app.token()), dispatchesUpdated, {
      estado: 'EN_CAMINO',
      after: data!.dispatchesCursor,
    });
    const id = await createDispatch(app);
    await runThrough(app, id);
    await shown.until((events) => events.length === 2);
    const last = await createDispatch(app);
    await assign(app, last);
    await move(app, last, 'EN_CAMINO');
    await shown.until((events) => events.length === 3);
    expect(shown.events.map(({ dispatch }) => `${dispatch.id} ${dispatch.estado}`)).toEqual([
      `${id} EN_CAMINO`,
      `${id} EN_SITIO`,
      `${last} EN_CAMINO`,
    ]);
  });
});

test('the followed stream shows each dispatch from the moment when the viewer follows it', async () => {
  const app = await tApp();
  const [one, two, three] = [await createDispatch(app), await createDispatch(app), await createDispatch(app)];
  const follow = (id: string) =>
    app.ask('mutation ($id: ID!) { subscribeToDispatch(id: $id) { id } }', { id });
  await follow(one);
  const shown = subscribe<Update>(tClient(app.wsUrl, await app.token()), followedDispatchUpdated);
  await shown.until((events) => events.length === 1);
  await assign(app, one);
  await assign(app, three);
  await follow(two);
  await assign(app, two);
  await shown.until((events) => events.length === 4);
  await app.ask('mutation ($id: ID!) { unsubscribeFromDispatch(id: $id) { id } }', { id: one });
  await move(app, one, 'EN_CAMINO');
  await move(app, two, 'EN_CAMINO');
  await shown.until((events) => events.length === 5);
  expect(shown.events.map(({ dispatch, changeType }) => `${dispatch.id} ${changeType}`)).toEqual([
    `${one} SNAPSHOT`,
    `${one} ASSIGNED`,
    `${two} SNAPSHOT`,
    `${two} ASSIGNED`,
    `${two} STATUS_CHANGED`,
  ]);
});

test('positions begin with the last one, and resume after a cursor', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  await assign(app, id);
  type Position = { cursor: string; snapshot: boolean; location: { latitud: number } | null };
  const client = tClient(app.wsUrl, await app.token());
  const shown = subscribe<Position>(client, locationUpdated, { id });
  await shown.until((events) => events.length === 1);
  expect(shown.events[0]).toMatchObject({ snapshot: true, location: null });
  for (const latitud of [1, 2, 3]) await report(app, id, latitud);
  await shown.until((events) => events.length === 4);
  const again = subscribe<Position>(client, locationUpdated, { id, after: shown.events[1]!.cursor });
  await again.until((events) => events.length === 2);
  expect(again.events.map(({ location, snapshot }) => [location!.latitud, snapshot])).toEqual([
    [2, false],
    [3, false],
  ]);
});

test('messages reach their channel, with history, and resume after a cursor', async () => {
  const app = await tApp();
  const send = (message: string) =>
    app.ask('mutation ($message: String!) { broadcastMessage(channel: "turno", message: $message) { id } }', {
      message,
    });
  const query =
    'subscription ($after: Cursor) { messageBroadcast(channel: "turno", after: $after) { message cursor sender { id } } }';
  const client = tClient(app.wsUrl, await app.token());
  const shown = subscribe<{ message: string; cursor: string }>(client, query);
  // There is no snapshot to wait for, so messages are sent until the first one is shown.
  while (shown.events.length === 0) await send('hola');
  await send('uno');
  await send('dos');
  await shown.until((events) => events.at(-1)?.message === 'dos');
  const after = shown.events.at(-2)!.cursor;
  const again = subscribe<{ message: string }>(client, query, { after });
  await again.until((events) => events.length === 1);
  expect(again.events).toMatchObject([{ message: 'dos', sender: { id: 'ana' } }]);
  const { data } = await app.ask<{ channelHistory: { message: string }[] }>(
    '{ channelHistory(channel: "turno", limit: 2) { message } }',
  );
  expect(data!.channelHistory.map(({ message }) => message)).toEqual(['dos', 'uno']);
});

test('users come online, choose a status, and go offline after their grace period', async () => {
  const app = await tApp({ PRESENCE_GRACE_MS: '50' });
  const watching = tClient(app.wsUrl, await app.token({ sub: 'jefa' }));
  type Change = { userId: string; status: string; isOnline: boolean };
  const query = 'subscription { presenceChanged { userId status isOnline previousStatus } }';
  const shown = subscribe<Change>(watching, query);
  const ofLuis = (events: Change[]) => events.filter(({ userId }) => userId === 'luis');
  const luis = await app.token({ sub: 'luis', role: 'paramedic', name: 'Luis' });
  // The watcher's own coming online shows that the stream is live; or it was reported before.
  await expect(app.ask('{ onlineUsers { id } }')).resolves.toMatchObject({ status: 200 });
  const client = tClient(app.wsUrl, luis, { lazy: false });
  await shown.until((events) => ofLuis(events).length === 1);
  await app.ask('mutation { updateUserStatus(status: BUSY) { status } }', {}, luis);
  await shown.until((events) => ofLuis(events).length === 2);
  const { data } = await app.ask<{ onlineUsers: unknown[] }>(
    '{ onlineUsers { id name status connectionCount } }',
  );
  expect(data!.onlineUsers).toContainEqual({ id: 'luis', name: 'Luis', status: 'BUSY', connectionCount: 1 });
  await client.dispose();
  await shown.until((events) => ofLuis(events).length === 3);
  expect(ofLuis(shown.events).map(({ status, isOnline }) => [status, isOnline])).toEqual([
    ['ONLINE', true],
    ['BUSY', true],
    ['OFFLINE', false],
  ]);
});

test('queries and mutations run over the socket too', async () => {
  const app = await tApp();
  const client = tClient(app.wsUrl, await app.token());
  const created = subscribe<{ id: string }>(
    client,
    'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 2 } }) { id estado } }',
  );
  await created.ended();
  const { id } = created.events[0]!;
  const asked = subscribe(client, 'query ($id: ID!) { dispatch(id: $id) { id estado } }', { id });
  await asked.ended();
  expect(asked.events).toEqual([{ id, estado: 'PENDIENTE' }]);
  const wrong = subscribe(client, 'mutation { updateDispatchStatus(id: "999", estado: EN_SITIO) { id } }');
  await wrong.ended();
  expect(wrong.failures).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
});
