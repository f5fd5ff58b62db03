/** Proves that what passes by itself ends no stream over a WebSocket: it is waited out, or the stock client comes back with its place kept. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { tCuttable } from '../support/cuttable-service.ts';
import { tEventStream } from '../support/event-stream.ts';
import { subscribe, tAcknowledgedSocket, tClient, tSocket } from '../support/graphql-client.ts';
import { assign, createDispatch, dispatchUpdated, type Update } from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';

/** What the README gives for direct clients, without the part for networks that break. */
const stock = { retryAttempts: Infinity };
const patient = { ...stock, shouldRetry: () => true };

const init = (token: string) => ({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
const presence = { query: 'subscription { presenceChanged { userId } }' };

describe('a handshake', () => {
  test('is accepted and closed with 1012 while the service shuts down', async () => {
    const app = await tApp();
    const token = await app.token();
    const { port, hostname } = new URL(app.url);
    // Both come before the port is closed. The first one takes its time to leave.
    const slow = await tEventStream(`${app.url}/graphql`, { token, body: presence });
    await slow.until(({ comments }) => comments === 1);
    slow.response.socket.pause();
    const late = connect(Number(port), hostname);
    const upgrade = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n';
    late.write(`GET /graphql HTTP/1.1\r\nhost: h\r\n${upgrade}sec-websocket-key: ${'A'.repeat(22)}==\r\n`);
    // A question and its answer: what was sent before has arrived.
    await app.metric('dispatch_ws_connections');
    const closing = app.close();
    late.write('sec-websocket-protocol: graphql-transport-ws\r\n\r\n');
    let said = Buffer.alloc(0);
    late.on('data', (bytes) => (said = Buffer.concat([said, bytes])));
    const close = await until('it is closed', () => /\x88.([^]{2})/.exec(said.toString('latin1'))?.[1]);
    expect(said.toString('latin1')).toMatch(/^HTTP\/1.1 101 /);
    expect(Buffer.from(close, 'latin1').readUInt16BE()).toBe(1012);
    late.end();
    slow.response.socket.resume();
    await closing;
  });

  test('is accepted and closed with 1013 when one address connects too often, and ended when nobody answers', async () => {
    const clock = new ManualClock();
    // Whoever may have more connections may open more, to bring them back.
    const once = { RATE_LIMIT_SCALE: '1', MAX_CONNECTIONS_PER_VIEWER: '1' };
    const app = await tApp({ ...once, CONNECTS_PER_MINUTE: '2' }, { clock });
    for (let count = 0; count < 2; count += 1) await tSocket(app.wsUrl);
    const mute = await tSocket(app.wsUrl);
    mute.socket.pause();
    let attempts = 0;
    const client = tClient(app.wsUrl, await app.token(), {
      ...stock,
      // Three times are enough.
      retryWait: () => ((attempts += 1) < 3 ? Promise.resolve() : new Promise(() => {})),
    });
    const shown = subscribe(client, presence.query);
    await until('the stock client came back', () => attempts >= 3);
    expect(shown.failures).toEqual([]);
    expect(await app.metric('dispatch_turned_away_total{why="connects"}')).toBeGreaterThanOrEqual(3);
    shown.unsubscribe();
    await clock.advance(2_000);
    mute.socket.resume();
    expect(await mute.closed()).toMatchObject({ code: 1013 });
  });
});

describe('a subscription', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await tPostgres();
  });
  afterAll(() => postgres.stop());

  test('goes on when its client comes back while the database is away', async () => {
    const { app, database } = await tCuttable(postgres);
    const ids = [await createDispatch(app), await createDispatch(app), await createDispatch(app)];
    const wire = await tCutProxy(app.url);
    const client = tClient(`ws://${wire.host}/graphql`, await app.token(), patient);
    const streams = ids.map((id) => subscribe<Update>(client, dispatchUpdated, { id }));
    await Promise.all(streams.map((shown) => shown.until((events) => events.length === 1)));
    await database.cut();
    wire.cut();
    wire.mend();
    await until('they wait', async () => (await app.metric('dispatch_subscribes_waiting')) === ids.length);
    database.mend();
    for (const id of ids) await assign(app, id);
    await Promise.all(streams.map((shown) => shown.until((events) => events.length === 2)));
    for (const shown of streams) shown.unsubscribe();
    expect(streams.map(({ failures }) => failures)).toEqual(ids.map(() => []));
    expect(await app.metric('dispatch_subscribe_waits_total{outcome="served"}')).toBe(ids.length);
    expect(await app.metric('dispatch_subscribes_waiting')).toBe(0);
  }, 60_000);

  test('ends its wait on complete, and its id is in use until then', async () => {
    const { app, database } = await tCuttable(postgres);
    const id = await createDispatch(app);
    const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
    const payload = { query: dispatchUpdated, variables: { id } };
    const waiting = () => app.metric('dispatch_subscribes_waiting');
    await database.cut();
    socket.send({ id: 'a', type: 'subscribe', payload });
    await until('it waits', async () => (await waiting()) === 1);
    socket.send({ id: 'a', type: 'complete' });
    await until('it does not wait', async () => (await waiting()) === 0);
    expect(await app.metric('dispatch_subscribe_waits_total{outcome="left"}')).toBe(1);
    socket.send({ id: 'a', type: 'subscribe', payload });
    await until('it waits again', async () => (await waiting()) === 1);
    socket.send({ id: 'a', type: 'subscribe', payload });
    expect(await socket.closed()).toMatchObject({ code: 4409 });
    await until('it does not wait', async () => (await waiting()) === 0);
    database.mend();
  }, 60_000);

  test('brings its client back with 1013 when it has waited for long enough, and a query is told at once', async () => {
    const clock = new ManualClock();
    const { app, database } = await tCuttable(postgres, {}, clock);
    const id = await createDispatch(app);
    const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
    await database.cut();
    socket.send({ id: 'a', type: 'subscribe', payload: { query: dispatchUpdated, variables: { id } } });
    socket.send({ id: 'b', type: 'subscribe', payload: { query: '{ despachos { id } }' } });
    expect((await socket.message('next', 'b'))['payload']).toMatchObject({
      errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }],
    });
    await until('it waited', async () => {
      await clock.advance(1_000);
      return (await app.metric('dispatch_turned_away_total{why="subscribe"}')) === 1;
    });
    expect(await socket.closed()).toMatchObject({ code: 1013 });
    expect(socket.messages.filter((message) => message['id'] === 'a')).toEqual([]);
    database.mend();
  }, 60_000);

  test('that was refused by a budget waits for the next minute, and is not charged twice', async () => {
    const clock = new ManualClock();
    const env = { RATE_LIMIT_SCALE: '1', MAX_SUBSCRIPTIONS_PER_VIEWER: '1', REQUESTS_PER_MINUTE: '2' };
    const app = await tApp(env, { clock });
    const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
    const asked = { id: 'q', type: 'subscribe', payload: { query: '{ despachos { id } }' } };
    for (const id of ['1', '2']) {
      socket.send({ ...asked, id });
      await socket.message('complete', id);
    }
    socket.send({
      id: 's',
      type: 'subscribe',
      payload: { query: 'subscription { dispatchesUpdated { cursor } }' },
    });
    const told = { ...asked, id: '3' };
    socket.send(told);
    // Only what says that it is a subscription is waited for.
    await socket.message('error', '3');
    await until('it waits', async () => (await app.metric('dispatch_subscribes_waiting')) === 1);
    await clock.advance(60_000);
    await until('it is open', async () => (await app.metric('dispatch_subscriptions')) === 1);
    expect(socket.socket.readyState).toBe(socket.socket.OPEN);
  });
});

/** Streams of one dispatch whose connection breaks after each change of it, and that a stock client brings back. */
async function breakAfterEachChange(
  app: RunningApp,
  token: string,
  { streams: count, changes }: { readonly streams: number; readonly changes: number },
): Promise<readonly unknown[]> {
  const id = await createDispatch(app);
  const wire = await tCutProxy(app.url);
  const client = tClient(`ws://${wire.host}/graphql`, token, {
    ...patient,
    retryWait: () => Promise.resolve(wire.mend()),
  });
  const streams = Array.from({ length: count }, () => subscribe<Update>(client, dispatchUpdated, { id }));
  for (let round = 1; round <= changes; round += 1) {
    await assign(app, id, `A-${round}`);
    await Promise.all(
      streams.map((shown) => shown.until((events) => events.at(-1)?.dispatch.version === round + 1)),
    );
    wire.cut();
  }
  for (const shown of streams) shown.unsubscribe();
  return streams.flatMap(({ failures }) => failures);
}

test('whoever loses the connection again and again brings back all that they may have', async () => {
  // The value contradicts what a viewer may have, and another one is used instead.
  const app = await tApp({ RATE_LIMIT_SCALE: '1', SUBSCRIBES_PER_MINUTE: '10' });
  expect(await breakAfterEachChange(app, await app.token(), { streams: 4, changes: 5 })).toEqual([]);
});

test('a stream that is taken up again is no new attempt, and uses up nothing, however often the connection breaks', async () => {
  const env = { RATE_LIMIT_SCALE: '1', MAX_SUBSCRIPTIONS_PER_VIEWER: '4', MAX_EVENT_COST: '20' };
  const clock = new ManualClock();
  // Both of them are as much as four subscriptions need to come twice, and the clock stands still.
  const app = await tApp({ ...env, SUBSCRIBES_PER_MINUTE: '8', REQUESTS_PER_MINUTE: '8' }, { clock });
  const token = await app.token({ sub: 'luz' });
  expect(await breakAfterEachChange(app, token, { streams: 4, changes: 7 })).toEqual([]);
  expect(await app.metric('dispatch_rate_limited_total')).toBe(0);
  expect(await app.metric('dispatch_subscribe_waits_total')).toBe(0);
});

test('a viewer who has all the connections that they may have is waited for, then comes back', async () => {
  const clock = new ManualClock();
  const app = await tApp({ MAX_CONNECTIONS_PER_VIEWER: '1' }, { clock });
  const token = await app.token();
  const first = await tAcknowledgedSocket(app.wsUrl, token);
  const turnedAway = await tSocket(app.wsUrl);
  turnedAway.send(init(token));
  const waiting = async () => (await app.metric('dispatch_subscribes_waiting')) === 1;
  await until('it waits', waiting);
  await until('it is turned away', async () => {
    await clock.advance(1_000);
    return (await app.metric('dispatch_turned_away_total{why="connections"}')) === 1;
  });
  expect(await turnedAway.closed()).toMatchObject({ code: 1013 });
  const next = await tSocket(app.wsUrl);
  next.send(init(token));
  await until('it waits', waiting);
  first.socket.close();
  await first.closed();
  await until('the next one is in', async () => {
    await clock.advance(1_000);
    return next.messages.length === 1;
  });
  expect(next.messages).toMatchObject([{ type: 'connection_ack' }]);
});

test('a socket that has all that its viewer may have is told of one more, which does not pass, and goes on', async () => {
  const app = await tApp({ MAX_SUBSCRIPTIONS_PER_VIEWER: '1' });
  const id = await createDispatch(app);
  const client = tClient(app.wsUrl, await app.token(), patient);
  const shown = subscribe<Update>(client, dispatchUpdated, { id });
  await shown.until((events) => events.length === 1);
  const oneMore = subscribe<Update>(client, dispatchUpdated, { id });
  await oneMore.ended();
  expect(oneMore.failures).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }]);
  expect(oneMore.failures[0]).not.toHaveProperty('extensions.retryAfterMs');
  await assign(app, id);
  await shown.until((events) => events.length === 2);
  expect(shown.failures).toEqual([]);
  shown.unsubscribe();
});
