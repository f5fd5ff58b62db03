/** Proves that the client package takes event streams where WebSockets do not pass, with all else as before. */
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { tCutProxy } from '../support/cut-proxy.ts';
import { tLive, watch } from '../support/live-client.ts';
import { assign, createDispatch, move } from '../support/operations.ts';
import { tPlainProxy } from '../support/plain-proxy.ts';

const one = 'subscription ($id: ID!) { dispatchUpdated(id: $id) { changeType dispatch { version } } }';

interface Update {
  readonly changeType: string;
  readonly dispatch: { readonly version: number };
}

test('where an upgrade is refused, event streams show the same, and mutations are made', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const { live } = tLive(await tPlainProxy(app.url), await app.token());
  const { events, until: shown } = watch<Update>(live, one, { id });
  await shown(({ length }) => length === 1);
  await live.request('mutation ($id: ID!) { assignDispatch(id: $id, ambulanciaId: "A-1") { version } }', {
    id,
  });
  await shown(({ length }) => length === 2);
  expect(events.map(({ dispatch }) => dispatch.version)).toEqual([1, 2]);
  expect(live.state.kind).toBe('live');
});

test('a stream that breaks goes on behind its last event', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const wire = await tCutProxy(app.url);
  const { live, went } = tLive(`http://${wire.host}`, await app.token(), { way: 'event-stream' });
  const { events, until: shown } = watch<Update>(live, one, { id });
  await shown(({ length }) => length === 1);
  wire.cut();
  await went('live', 'reconnecting');
  await assign(app, id);
  await move(app, id, 'EN_CAMINO');
  wire.mend();
  await shown(({ length }) => length === 3);
  expect(events.map(({ dispatch }) => dispatch.version)).toEqual([1, 2, 3]);
});

test('where the other end has parts and no event streams, as Apollo Router, it takes those', async () => {
  const app = await tApp({ KEEP_ALIVE_MS: '200' });
  const id = await createDispatch(app);
  const wire = await tCutProxy(await tPlainProxy(app.url, { hasEventStreams: false }));
  const { live, went } = tLive(`http://${wire.host}`, await app.token(), { way: 'event-stream' });
  const { events, until: shown } = watch<Update>(live, one, { id });
  await shown(({ length }) => length === 1);
  expect(await app.metric('dispatch_multipart_streams')).toBe(1);
  // Queries and mutations are answered as JSON there.
  await live.request('mutation ($id: ID!) { assignDispatch(id: $id, ambulanciaId: "A-1") { version } }', {
    id,
  });
  await shown(({ length }) => length === 2);
  wire.cut();
  await went('live', 'reconnecting');
  await move(app, id, 'EN_CAMINO');
  wire.mend();
  await shown(({ length }) => length === 3);
  expect(events.map(({ dispatch }) => dispatch.version)).toEqual([1, 2, 3]);
  const missing = watch(live, one, { id: '999' });
  await missing.ended();
  expect(missing.errors[0]!.code).toBe('NOT_FOUND');
});

test('a stream on which nothing comes for too long is made anew', async () => {
  const app = await tApp({ KEEP_ALIVE_MS: '500' });
  const id = await createDispatch(app);
  const wire = await tCutProxy(app.url);
  const { live } = tLive(`http://${wire.host}`, await app.token(), {
    way: 'event-stream',
    timing: { streamSilentMs: 4_000 },
  });
  const { events, until: shown } = watch<Update>(live, one, { id });
  await shown(({ length }) => length === 1);
  wire.silence();
  await assign(app, id);
  await shown(({ length }) => length === 2);
  expect(events.map(({ dispatch }) => dispatch.version)).toEqual([1, 2]);
});

test('a refusal is said with its code, and a bad token stops it', async () => {
  const app = await tApp();
  const { live } = tLive(app.url, await app.token(), { way: 'event-stream' });
  const missing = watch(live, one, { id: '999' });
  await missing.ended();
  expect(missing.errors[0]!.code).toBe('NOT_FOUND');
  const stranger = tLive(app.url, 'bad', { way: 'event-stream' });
  const refused = watch(stranger.live, one, { id: '1' });
  await refused.ended();
  expect(refused.errors[0]!.code).toBe('UNAUTHENTICATED');
});
