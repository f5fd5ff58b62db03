/** Proves GraphQL over Server-Sent Events with the stock client and with a bare reader: results, errors, and each way to end. */
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { tEventClient, tEventStream } from '../support/event-stream.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import {
  assign,
  createDispatch,
  dispatchesUpdated,
  dispatchUpdated,
  move,
  runThrough,
  type Update,
} from '../support/operations.ts';
import { until } from '../support/until.ts';

const versions = (events: readonly Update[]) => events.map(({ dispatch }) => dispatch.version);

async function tStream(app: RunningApp, body: unknown, accept?: string) {
  const token = await app.token();
  return tEventStream(`${app.url}/graphql`, { token, body, ...(accept !== undefined && { accept }) });
}

describe('the stock client', () => {
  test('sees a dispatch from its creation to its end', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const shown = subscribe<Update>(tEventClient(app.url, await app.token()), dispatchUpdated, { id });
    await shown.until((events) => events.length === 1);
    await runThrough(app, id);
    await shown.until((events) => events.at(-1)?.dispatch.estado === 'COMPLETADO');
    expect(shown.events[0]).toMatchObject({ changeType: 'SNAPSHOT' });
    expect(versions(shown.events)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('resumes after its cursor, with a new token, when the old one has expired', async () => {
    const clock = new ManualClock();
    const app = await tApp({}, { clock });
    const id = await createDispatch(app);
    const lifetimes = [60_000, 3_600_000];
    let connections = 0;
    const client = tEventClient(app.url, '', {
      retryAttempts: 3,
      retry: () => move(app, id, 'EN_CAMINO').then(() => undefined),
      headers: async () => {
        connections += 1;
        return { authorization: `Bearer ${await app.token({}, lifetimes.shift())}` };
      },
    });
    const shown = subscribe<Update>(client, dispatchUpdated, { id });
    await shown.until((events) => events.length === 1);
    await assign(app, id);
    await shown.until((events) => events.length === 2);
    await clock.advance(90_000);
    await shown.until((events) => events.length === 3);
    expect(connections).toBe(2);
    expect(versions(shown.events)).toEqual([1, 2, 3]);
    expect(shown.events.map(({ changeType }) => changeType)).toEqual([
      'SNAPSHOT',
      'ASSIGNED',
      'STATUS_CHANGED',
    ]);
  });

  test('shares executions with WebSockets, and leaves its group when it unsubscribes', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const token = await app.token();
    const watchers = [
      subscribe<Update>(tEventClient(app.url, token), dispatchUpdated, { id }),
      subscribe<Update>(tEventClient(app.url, token), dispatchUpdated, { id }),
      subscribe<Update>(tClient(app.wsUrl, token), dispatchUpdated, { id }),
    ];
    await Promise.all(watchers.map((watcher) => watcher.until((events) => events.length === 1)));
    const before = await app.metric('dispatch_executions_total');
    await assign(app, id);
    await Promise.all(watchers.map((watcher) => watcher.until((events) => events.length === 2)));
    expect(await app.metric('dispatch_executions_total')).toBe(before + 1);
    expect(await app.metric('dispatch_event_streams')).toBe(2);

    for (const watcher of watchers) watcher.unsubscribe();
    await until('all are gone', async () => (await app.metric('dispatch_subscriptions')) === 0);
    expect(await app.metric('dispatch_event_streams')).toBe(0);
  });

  test('gets errors as results, and for what is away for a while a status after which it tries again', async () => {
    const app = await tApp({ MAX_CONNECTIONS_PER_VIEWER: '1' });
    const id = await createDispatch(app);
    const nobody = await app.token({ sub: 'nobody', permissions: [] });
    const refused = subscribe<Update>(tEventClient(app.url, nobody), dispatchUpdated, { id });
    await refused.ended();
    expect(refused.failures).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);

    const token = await app.token();
    const first = subscribe<Update>(tEventClient(app.url, token), dispatchUpdated, { id });
    await first.until((events) => events.length === 1);
    const retry = () => {
      first.unsubscribe();
      return until('the first is gone', async () => (await app.metric('dispatch_event_streams')) === 0).then(
        () => undefined,
      );
    };
    const options = { retryAttempts: 1, retry };
    const second = subscribe<Update>(tEventClient(app.url, token, options), dispatchUpdated, { id });
    await second.until((events) => events.length === 1);
  });

  test('is refused with 401 without a token', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const shown = subscribe<Update>(tEventClient(app.url, 'no token'), dispatchUpdated, { id });
    await shown.ended();
    expect(shown.failures).toMatchObject([{ message: expect.stringContaining('401') }]);
  });
});

describe('a stream', () => {
  test('has one result and a complete event for a query, and for an invalid operation', async () => {
    const app = await tApp();
    const good = await tStream(app, { query: '{ despachos { id } }' });
    expect((await good.over()).isComplete).toBe(true);
    expect(good.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
    });
    expect(good.events).toEqual([
      { event: 'next', data: { data: { despachos: [] } } },
      { event: 'complete', data: null },
    ]);

    const bad = await tStream(app, { query: '{ despachoz { id } }' });
    await bad.over();
    expect(bad.status).toBe(200);
    expect(bad.events).toMatchObject([
      { event: 'next', data: { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] } },
      { event: 'complete' },
    ]);
  });

  test('can be opened with GET, but not for a mutation', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const token = await app.token();
    const open = (query: string, variables = {}) => {
      const search = new URLSearchParams({ query, variables: JSON.stringify(variables) });
      return tEventStream(`${app.url}/graphql?${search}`, { token });
    };
    const shown = await open(dispatchUpdated, { id });
    await shown.until(({ events }) => events.length === 1);
    expect(shown.events[0]).toMatchObject({
      data: { data: { dispatchUpdated: { changeType: 'SNAPSHOT' } } },
    });

    const mutation = await open(
      'mutation ($id: ID!) { updateDispatchStatus(id: $id, estado: CANCELADO) { id } }',
      { id },
    );
    expect(mutation.status).toBe(400);
    expect(await app.ask('query ($id: ID!) { dispatch(id: $id) { estado } }', { id })).toMatchObject({
      data: { dispatch: { estado: 'PENDIENTE' } },
    });
  });

  test('is for subscriptions only when a client prefers other media types', async () => {
    const app = await tApp();
    const accept = 'application/graphql-response+json, application/json, text/event-stream, multipart/mixed';
    const query = await tStream(app, { query: '{ despachos { id } }' }, accept);
    expect(query.response.headers['content-type']).toMatch(/^application\/graphql-response\+json/);
    const subscription = await tStream(app, { query: dispatchesUpdated }, accept);
    expect(subscription.response.headers['content-type']).toMatch(/^text\/event-stream/);
    const refusing = await tStream(app, { query: dispatchesUpdated }, 'text/event-stream;q=0, */*');
    expect(refusing.status).toBe(400);
    expect((await refusing.over()).text).toContain('text/event-stream');
  });

  test('is kept alive by comments while there are no events', async () => {
    const app = await tApp({ KEEP_ALIVE_MS: '50' });
    const stream = await tStream(app, { query: dispatchesUpdated });
    await stream.until(({ comments }) => comments >= 4);
    await createDispatch(app);
    await stream.until(({ events }) => events.length === 1);
  });

  test('makes its viewer online, until it ends', async () => {
    const app = await tApp({ PRESENCE_GRACE_MS: '0' });
    const stream = await tStream(app, { query: dispatchesUpdated });
    await stream.until(({ comments }) => comments >= 1);
    const watcher = await app.token({ sub: 'boss', role: 'admin' });
    const online = () => app.ask<{ onlineUsers: unknown[] }>('{ onlineUsers { id } }', {}, watcher);
    expect((await online()).data).toEqual({ onlineUsers: [{ id: 'ana' }] });
    stream.response.destroy();
    await until('she is gone', async () => (await online()).data?.onlineUsers.length === 0);
  });

  test('counts towards the same limit of subscriptions per viewer as WebSockets', async () => {
    const app = await tApp({ MAX_SUBSCRIPTIONS_PER_VIEWER: '1' });
    const socket = subscribe<Update>(tClient(app.wsUrl, await app.token()), dispatchesUpdated);
    await until('it is open', async () => (await app.metric('dispatch_subscriptions')) === 1);
    const refused = await tStream(app, { query: dispatchesUpdated });
    expect(refused.status).toBe(429);
    expect(JSON.parse((await refused.over()).text)).toMatchObject({
      errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }],
    });
    socket.unsubscribe();
  });

  test('whose reader has stopped is cut off, and delays nobody', async () => {
    const app = await tApp({ OUTBOX_MAX_BYTES: String(64 * 1024), MAX_ALIASES: '100' });
    const id = await createDispatch(app, { observaciones: 'x'.repeat(2_000) });
    const large = Array.from({ length: 30 }, (_, index) => `d${index}: dispatch { observaciones }`).join(' ');
    const query = `subscription ($id: ID!) { dispatchUpdated(id: $id) { ${large} } }`;
    const stopped = await tStream(app, { query, variables: { id } });
    const other = subscribe<Update>(tEventClient(app.url, await app.token()), dispatchUpdated, { id });
    await stopped.until(({ events }) => events.length === 1);
    stopped.response.pause();
    let changes = 0;
    while ((await app.metric('dispatch_slow_readers_closed_total')) === 0) {
      changes += 1;
      await assign(app, id, `A-${changes}`);
      await other.until((events) => events.at(-1)?.dispatch.version === changes + 1);
    }
    stopped.response.resume();
    expect((await stopped.over()).isComplete).toBe(false);
    await until('it is gone', async () => (await app.metric('dispatch_event_streams')) === 1);
    expect(await app.metric('dispatch_outbox_bytes')).toBe(0);
  }, 60_000);

  test('ends without a complete event when the service stops, so that its client comes back', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const stream = await tStream(app, { query: dispatchUpdated, variables: { id } });
    await stream.until(({ events }) => events.length === 1);
    await app.close();
    expect((await stream.over()).isComplete).toBe(false);
    expect(stream.events).toHaveLength(1);
    // Its connection ended in order, and in its middle.
    expect(stream.response.complete).toBe(false);
  });
});
