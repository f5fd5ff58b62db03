/** Proves subscriptions as parts of HTTP with Apollo Client's HttpLink and with a bare reader: results, errors, and each way to end. */
import { CombinedGraphQLErrors, CombinedProtocolErrors } from '@apollo/client';
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { acceptParts, ApolloSubscription, tParts } from '../support/multipart.ts';
import {
  assign,
  createDispatch,
  dispatchUpdated,
  move,
  runThrough,
  type Update,
} from '../support/operations.ts';
import { post } from '../support/http.ts';
import { until } from '../support/until.ts';

const versions = (events: readonly Update[]) => events.map(({ dispatch }) => dispatch.version);

async function tWatcher(app: RunningApp, id: string, after?: string) {
  const token = await app.token();
  return new ApolloSubscription<Update>(app.url, token, dispatchUpdated, { id, after });
}

async function tStream(app: RunningApp, body: unknown, more: { accept?: string; token?: string } = {}) {
  return tParts(app.url, { token: await app.token(), body, ...more });
}

describe("Apollo Client's HttpLink", () => {
  test('sees a dispatch from its creation to its end', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const shown = await tWatcher(app, id);
    await shown.until(({ events }) => events.length === 1);
    await runThrough(app, id);
    await shown.until(({ events }) => events.at(-1)?.dispatch.estado === 'COMPLETADO');
    expect(shown.events[0]).toMatchObject({ changeType: 'SNAPSHOT' });
    expect(versions(shown.events)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(shown.errors).toEqual([]);
    expect(await app.metric('dispatch_multipart_streams')).toBe(1);
    shown.unsubscribe();
    await until('it is gone', async () => (await app.metric('dispatch_multipart_streams')) === 0);
    expect(await app.metric('dispatch_subscriptions')).toBe(0);
  });

  test('is told by an error of the transport that the service restarts, and goes on behind its cursor', async () => {
    const app = await tApp({ SHUTDOWN_DRAIN_MS: '0' });
    const id = await createDispatch(app);
    const shown = await tWatcher(app, id);
    await shown.until(({ events }) => events.length === 1);
    const { cursor } = shown.events[0]!;
    await assign(app, id);
    await move(app, id, 'EN_CAMINO');
    await shown.until(({ events }) => events.length === 3);
    const again = await tWatcher(app, id, cursor);
    await again.until(({ events }) => events.length === 2);
    expect(versions(again.events)).toEqual([2, 3]);

    await app.close();
    await shown.until(({ errors }) => errors.length === 1);
    const [error] = shown.errors;
    expect(CombinedProtocolErrors.is(error)).toBe(true);
    expect(error).toMatchObject({ errors: [{ extensions: { code: 'STREAM_INTERRUPTED' } }] });
  });

  test('is told by errors of GraphQL what it may not see', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const nobody = await app.token({ sub: 'nobody', permissions: [] });
    const refused = new ApolloSubscription<Update>(app.url, nobody, dispatchUpdated, { id });
    await refused.until(({ errors }) => errors.length === 1);
    const [error] = refused.errors;
    expect(CombinedGraphQLErrors.is(error)).toBe(true);
    expect(error).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    await refused.over();
  });
});

describe('a stream of parts', () => {
  test('has heads that nobody holds back, a beat at once, and whole parts at once', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const parts = await tStream(app, { query: dispatchUpdated, variables: { id } });
    expect(parts.response).toMatchObject({
      statusCode: 200,
      headers: {
        'content-type': 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      },
    });
    await parts.until(({ payloads }) => payloads.length === 1);
    expect(parts.text.startsWith('\r\n--graphql\r\n')).toBe(true);
    expect(parts.heartbeats).toBe(1);
    expect(parts.payloads).toMatchObject([
      { payload: { data: { dispatchUpdated: { changeType: 'SNAPSHOT' } } } },
    ]);
  });

  test('beats while nothing happens', async () => {
    const app = await tApp({ KEEP_ALIVE_MS: '100' });
    const id = await createDispatch(app);
    const parts = await tStream(app, { query: dispatchUpdated, variables: { id } });
    await parts.until(({ heartbeats }) => heartbeats >= 3);
    expect(parts.payloads).toHaveLength(1);
  });

  test('ends with its token, whole, and with an error of the transport', async () => {
    const clock = new ManualClock();
    const app = await tApp({}, { clock });
    const id = await createDispatch(app);
    const token = await app.token({}, 60_000);
    const parts = await tStream(app, { query: dispatchUpdated, variables: { id } }, { token });
    await parts.until(({ payloads }) => payloads.length === 1);
    await clock.advance(90_000);
    expect(await parts.over()).toBe(true);
    expect(parts.payloads.at(-1)).toMatchObject({
      payload: null,
      errors: [{ extensions: { code: 'UNAUTHENTICATED', reason: 'EXPIRED' } }],
    });
  });

  test('is one part for an operation that has no stream', async () => {
    const app = await tApp();
    const parts = await tStream(app, {
      query: dispatchUpdated,
      variables: { id: '00000000-0000-4000-8000-000000000000' },
    });
    expect(await parts.over()).toBe(true);
    expect(parts.payloads).toMatchObject([{ payload: { errors: [{ extensions: { code: 'NOT_FOUND' } }] } }]);
  });

  test('counts as a connection of its viewer, and who is one too many is told when to come back', async () => {
    const app = await tApp({ MAX_CONNECTIONS_PER_VIEWER: '1' });
    const id = await createDispatch(app);
    const body = { query: dispatchUpdated, variables: { id } };
    const first = await tStream(app, body);
    await first.until(({ payloads }) => payloads.length === 1);
    const { status, headers, json } = await post(app, { body, headers: { accept: acceptParts } });
    expect(json).toMatchObject({ errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] });
    expect([status, headers.get('retry-after')]).toEqual([200, expect.any(String)]);
  });

  test.each([
    ['a token that is not good', { token: 'none' }, 'UNAUTHENTICATED'],
    [
      'an operation that is not valid',
      { body: { query: 'subscription { nothing }' } },
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ])(
    'is refused as JSON with %s',
    async (_what, { token, body }: { token?: string; body?: unknown }, code) => {
      const app = await tApp();
      const parts = await tParts(app.url, {
        token: token ?? (await app.token()),
        body: body ?? { query: 'subscription { presenceChanged { userId } }' },
      });
      expect(parts.response.headers['content-type']).toContain('application/json');
      await parts.over();
      expect(JSON.parse(parts.text)).toMatchObject({ errors: [{ extensions: { code } }] });
    },
  );

  test('is for subscriptions, and for those who take no event stream', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const query = await tStream(app, { query: '{ despachos { id } }' });
    expect(query.response.headers['content-type']).toContain('application/json');
    const both = await tStream(
      app,
      { query: dispatchUpdated, variables: { id } },
      { accept: 'multipart/mixed;subscriptionSpec="1.0", text/event-stream' },
    );
    expect(both.response.headers['content-type']).toContain('text/event-stream');
    const deferred = await tStream(
      app,
      { query: dispatchUpdated, variables: { id } },
      { accept: 'multipart/mixed;deferSpec=20220824,application/json' },
    );
    expect(deferred.response.statusCode).toBe(400);
  });

  test('is known to whoever operates the service', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const parts = await tStream(app, { query: dispatchUpdated, variables: { id } });
    await parts.until(({ payloads }) => payloads.length === 1);
    const { data } = await app.ask(
      '{ liveSubscriptions { subscriptions { transport } } }',
      {},
      await app.token({ role: 'admin' }),
    );
    expect(data).toMatchObject({ liveSubscriptions: { subscriptions: [{ transport: 'MULTIPART' }] } });
  });
});
