/** Proves that nobody is refused because of what they held before their path changed, and that whoever is slow keeps what they hold. */
import { expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { tCallbackRouter } from '../support/callback-router.ts';
import { ManualClock } from '../support/clock.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { tEventStream } from '../support/event-stream.ts';
import { subscribe, tAcknowledgedSocket, tClient, tSocket } from '../support/graphql-client.ts';
import {
  assign,
  createDispatch,
  dispatchesUpdated,
  dispatchUpdated,
  type Update,
} from '../support/operations.ts';
import { until } from '../support/until.ts';

const patient = { retryAttempts: Infinity, shouldRetry: () => true };

/** Three screens of one viewer behind a wire. */
async function tScreens(app: RunningApp, count: number, id: string) {
  const wire = await tCutProxy(app.url);
  const token = await app.token();
  const screens = Array.from({ length: count }, () =>
    subscribe<Update>(tClient(`ws://${wire.host}/graphql`, token, patient), dispatchUpdated, { id }),
  );
  await Promise.all(screens.map((shown) => shown.until((events) => events.length === 1)));
  return { wire, screens };
}

test.each(['MAX_CONNECTIONS_PER_VIEWER', 'MAX_SUBSCRIPTIONS_PER_VIEWER'])(
  'the ghosts of screens whose path has changed make room for them: %s',
  async (limit) => {
    const app = await tApp({ [limit]: '4', KEEP_ALIVE_MS: '500' });
    const id = await createDispatch(app);
    const { wire, screens } = await tScreens(app, 3, id);
    // The service hears nothing of this: its ends of the connections stay open.
    wire.halfOpen();
    await assign(app, id);
    await Promise.all(screens.map((shown) => shown.until((events) => events.length >= 2)));
    expect(screens.flatMap(({ failures }) => failures)).toEqual([]);
    for (const shown of screens) shown.unsubscribe();
  },
  60_000,
);

/** A subscription whose events are larger than what a connection holds by itself. */
async function tLarge(keepAliveMs: number) {
  const app = await tApp({
    ...{ MAX_CONNECTIONS_PER_VIEWER: '1', KEEP_ALIVE_MS: String(keepAliveMs) },
    ...{ STALL_TIMEOUT_MS: '600000', OUTBOX_MAX_BYTES: '16000000' },
  });
  const id = await createDispatch(app, { observaciones: 'x'.repeat(2_000) });
  const wire = await tCutProxy(app.url);
  const aliases = Array.from({ length: 25 }, (_, at) => `d${at}: dispatch { observaciones }`).join(' ');
  const query = `subscription ($id: ID!) { dispatchUpdated(id: $id) { cursor ${aliases} } }`;
  const payload = { query, variables: { id } };
  /** The client is gone, and more waits for them than the system holds. */
  const leave = async () => {
    wire.halfOpen();
    for (let change = 0; change < 120; change += 1) await assign(app, id, `A-${change}`);
  };
  return { app, wire, payload, token: await app.token(), leave };
}

test('a stream that nobody reads any more makes room, though something waits for its reader', async () => {
  const { app, wire, payload, token, leave } = await tLarge(200);
  const ghost = await tEventStream(`http://${wire.host}/graphql`, { token, body: payload });
  await ghost.until(({ events }) => events.length === 1);
  await leave();
  const open = async () =>
    (await tEventStream(`${app.url}/graphql`, { token, body: payload })).status === 200;
  await until('there is room', open, 20_000);
  expect(await app.metric('dispatch_ghosts_ended_total')).toBe(1);
}, 60_000);

test('so does a socket', async () => {
  // Long enough for the system's buffers to be full when the second ping is due: else that alone ends it.
  const { app, wire, payload, token, leave } = await tLarge(3_000);
  const ghost = await tAcknowledgedSocket(`ws://${wire.host}/graphql`, token);
  ghost.send({ id: '1', type: 'subscribe', payload });
  await ghost.message('next', '1');
  await leave();
  const { query, variables } = payload;
  const shown = subscribe(tClient(app.wsUrl, token, patient), query, { ...variables });
  await shown.until((events) => events.length === 1);
  shown.unsubscribe();
  expect(shown.failures).toEqual([]);
  expect(await app.metric('dispatch_ghosts_ended_total')).toBe(1);
}, 60_000);

test('a socket on a slow network keeps its place: the newcomer is turned away', async () => {
  const app = await tApp({ MAX_CONNECTIONS_PER_VIEWER: '1', KEEP_ALIVE_MS: '400' });
  const token = await app.token();
  let pings = 0;
  const slow = await tSocket(app.wsUrl, {
    onPing: (payload) => {
      pings += 1;
      setTimeout(() => slow.send({ type: 'pong', payload }), 300);
    },
  });
  slow.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
  await slow.message('connection_ack');
  await until('it was asked', () => pings >= 2);
  const newcomer = await tSocket(app.wsUrl);
  newcomer.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
  expect(await newcomer.closed()).toMatchObject({ code: 1013 });
  expect(slow.socket.readyState).toBe(slow.socket.OPEN);
  expect(await app.metric('dispatch_ghosts_ended_total')).toBe(0);
});

test('a subscription by callback that its router has forgotten makes room for the next one', async () => {
  const clock = new ManualClock();
  const router = await tCallbackRouter();
  const env = { CALLBACK_ORIGINS: router.origin, MAX_CALLBACKS_PER_VIEWER: '1' };
  const app = await tApp(env, { clock });
  const token = await app.token();
  const ask = () => router.ask(app.url, { token, query: dispatchesUpdated });
  const first = await ask();
  await clock.advance(5_000);
  const refused = await ask();
  expect(refused.json.errors).toMatchObject([
    { extensions: { code: 'LIMIT_EXCEEDED', retryAfterMs: expect.any(Number) } },
  ]);
  expect(router.of(first.id, 'check')).toHaveLength(2);
  router.forget(first.id);
  await clock.advance(5_000);
  expect(await ask()).toMatchObject({ status: 200, json: { data: null } });
  expect(await app.metric('dispatch_callbacks')).toBe(1);
});
