/** Proves that the client package notices what happens to its connection, says so, and comes back without missing anything. */
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { impatient, tLive, watch } from '../support/live-client.ts';
import { assign, createDispatch, move, reportAt } from '../support/operations.ts';
import { tServerProcess } from '../support/server-process.ts';
import { messageBroadcast, numbersOf, range, say, type Message } from '../support/unaware-client.ts';
import { until } from '../support/until.ts';

const one = /* GraphQL */ `
  subscription ($id: ID!) {
    dispatchUpdated(id: $id) {
      changeType
      dispatch {
        version
      }
    }
  }
`;

interface Update {
  readonly changeType: string;
  readonly dispatch: { readonly version: number };
}

const versions = (events: readonly Update[]) => events.map(({ dispatch }) => dispatch.version);

test('shows a dispatch from its state on, over a connection that breaks', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const wire = await tCutProxy(app.url);
  const { live, went } = tLive(`http://${wire.host}`, await app.token());
  const { events, until: shown } = watch<Update>(live, one, { id });
  await shown(({ length }) => length === 1);
  wire.cut();
  await went('live', 'reconnecting');
  await assign(app, id);
  await move(app, id, 'EN_CAMINO');
  wire.mend();
  await shown(({ length }) => length === 3);
  expect(versions(events)).toEqual([1, 2, 3]);
  expect(live.state.kind).toBe('live');
  expect(live.tally).toEqual({ reconnects: 1, gaps: 0, tails: 0 });
});

test('a part of the map is told what has left it while the connection was broken', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  await assign(app, id);
  await reportAt(app, id, { latitud: -16.5, longitud: -68.1 });
  const wire = await tCutProxy(app.url);
  const { live, went } = tLive(`http://${wire.host}`, await app.token());
  const area = { norte: -16.4, sur: -16.6, oeste: -68.2, este: -68 };
  const { events, until: shown } = watch<{ readonly change: string }>(
    live,
    'subscription ($area: BoundingBoxInput!) { locationsInArea(area: $area) { change } }',
    { area },
  );
  await shown(({ length }) => length === 1);
  wire.cut();
  await went('live', 'reconnecting');
  await reportAt(app, id, { latitud: -16.5, longitud: -67.9 });
  wire.mend();
  await shown(({ length }) => length === 2);
  expect(events.map(({ change }) => change)).toEqual(['SNAPSHOT', 'LEFT']);
});

test('notices that its path is silent, says how old what it shows is, and goes on over another one', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const wire = await tCutProxy(app.url);
  const { live, went } = tLive(`http://${wire.host}`, await app.token(), { timing: impatient });
  const { events, until: shown } = watch<Update>(live, one, { id });
  await shown(({ length }) => length === 1);
  const lastAt = performance.now();
  wire.silence();
  await assign(app, id);
  await went('live', 'late');
  expect(live.ageMs).toBeGreaterThan(impatient.lateMs);
  expect(live.ageMs).toBeLessThanOrEqual(performance.now() - lastAt + impatient.quietMs * 2);
  await shown(({ length }) => length === 2);
  expect(versions(events)).toEqual([1, 2]);
  await went('live', 'late', 'reconnecting', 'live');
});

test('misses nothing of a channel while the service is started again', async () => {
  const server = await tServerProcess();
  const { live, went } = tLive(server.url, await server.client.token());
  const { events, until: shown } = watch<Message>(live, messageBroadcast, { channel: 'general' });
  await went('live');
  const listens = async () => (await server.client.metric('dispatch_subscriptions')) === 1;
  await until('it listens', listens);
  await say(server.client, 'general', 1, 3);
  await shown(({ length }) => length === 3);
  await server.kill('SIGTERM');
  await went('live', 'reconnecting');
  await server.start();
  await say(server.client, 'general', 4, 6);
  await shown((now) => numbersOf(now).includes(6));
  expect([...new Set(numbersOf(events))]).toEqual(range(1, 6));
}, 240_000);

test('tells the time of the service, whatever the clock of the page says', async () => {
  const clock = new ManualClock();
  const app = await tApp({}, { clock });
  const { live } = tLive(app.url, await app.token());
  expect(live.serviceTime).toBeNull();
  const told = clock.now();
  await live.request('{ despachos { id } }', {});
  // The clock of the service stands still; that of the page has gone on since.
  expect(live.serviceTime).toBeGreaterThanOrEqual(told);
  expect(live.serviceTime).toBeLessThan(told + 3_600_000);
});

test('is idle when nothing is watched any more, and connects anew for the next', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const { live, went, states } = tLive(app.url, await app.token());
  expect(live.state.kind).toBe('idle');
  const first = watch<Update>(live, one, { id });
  await first.until(({ length }) => length === 1);
  first.stop();
  await went('connecting', 'live', 'idle');
  const second = watch<Update>(live, one, { id });
  await second.until(({ length }) => length === 1);
  expect(states.map(({ kind }) => kind)).toEqual(['connecting', 'live', 'idle', 'connecting', 'live']);
});
