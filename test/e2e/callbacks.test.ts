/** Proves subscriptions by HTTP callback with a router that fails, restarts, redirects or is slow. */
import { describe, expect, test } from '@jest/globals';
import type { Overrides } from '../../src/app.ts';
import { tApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { tCallbackRouter } from '../support/callback-router.ts';
import { tLogLines } from '../support/log-lines.ts';
import {
  assign,
  createDispatch,
  dispatchesUpdated,
  dispatchUpdated,
  move,
  runThrough,
  type Update,
} from '../support/operations.ts';
import { tServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

/** A service and the router that it calls back to. */
async function tCalledBack(env: Record<string, string> = {}, overrides: Overrides = {}) {
  const router = await tCallbackRouter();
  const callbacks = { CALLBACK_ORIGINS: router.origin, CALLBACK_MIN_HEARTBEAT_MS: '100' };
  const app = await tApp({ ...callbacks, ...env }, overrides);
  const token = await app.token();
  const ask = (query: string, variables = {}, more = {}) =>
    router.ask(app.url, { token, query, variables, ...more });
  const versions = (id: string) => router.shown<Update>(id).map(({ dispatch }) => dispatch.version);
  const open = () => app.metric('dispatch_callbacks');
  return { router, app, token, ask, versions, open };
}

describe('a router', () => {
  test('gets the snapshot of a dispatch and every change of it, in order', async () => {
    const { router, app, ask, versions } = await tCalledBack();
    const id = await createDispatch(app);
    const asked = await ask(dispatchUpdated, { id });
    expect(asked).toMatchObject({ status: 200, json: { data: null } });
    await router.until(() => versions(asked.id).length === 1);
    await runThrough(app, id);
    await router.until(() => versions(asked.id).length === 6);
    expect(versions(asked.id)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(router.of(asked.id).map(({ action }) => action)).toEqual([
      'check',
      ...Array.from({ length: 6 }, () => 'next'),
    ]);
  });

  test('that ends a connection just when it is used again is sent everything once more', async () => {
    const { router, app, ask, versions } = await tCalledBack({ CALLBACK_RETRY_MS: '0' });
    const id = await createDispatch(app);
    router.keepsConnections = false;
    // Each begins with a check, for which there is one attempt.
    const asked = [await ask(dispatchUpdated, { id }), await ask(dispatchUpdated, { id })];
    expect(asked.map(({ json }) => json)).toEqual([{ data: null }, { data: null }]);
    await assign(app, id);
    await router.until(() => asked.every((one) => versions(one.id).includes(2)));
    expect(asked.map((one) => versions(one.id))).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  test('that subscribes again with the same id has one stream, not two', async () => {
    const { router, app, ask, versions, open } = await tCalledBack();
    const id = await createDispatch(app);
    const first = await ask(dispatchUpdated, { id });
    await router.until(() => versions(first.id).length === 1);
    await ask(dispatchUpdated, { id }, { id: first.id });
    await router.until(() => versions(first.id).length === 2);
    expect(await open()).toBe(1);
    await assign(app, id);
    await move(app, id, 'EN_CAMINO');
    await router.until(() => versions(first.id).includes(3));
    expect(versions(first.id)).toEqual([1, 1, 2, 3]);
  });
});

describe('the id of a subscription', () => {
  test("is its viewer's: one who uses that of somebody else has a stream beside it, and ends none", async () => {
    const { router, app, ask, versions, open } = await tCalledBack();
    const id = await createDispatch(app);
    const first = await ask(dispatchUpdated, { id });
    await router.until(() => versions(first.id).length === 1);
    const token = await app.token({ sub: 'somebody-else' });
    await ask(dispatchUpdated, { id }, { id: first.id, token });
    await router.until(() => versions(first.id).length === 2);
    expect(await open()).toBe(2);
    await assign(app, id);
    await router.until(() => versions(first.id).length === 4);
    expect(versions(first.id)).toEqual([1, 1, 2, 2]);
  });
});

describe('a path in CALLBACK_ORIGINS', () => {
  const tBelow = async (path: string) => {
    const router = await tCallbackRouter();
    const app = await tApp({ CALLBACK_ORIGINS: `${router.origin}${path}` });
    const token = await app.token();
    const ask = (callbackPath: string, origin = router.origin) =>
      router.ask(app.url, {
        ...{ token, query: dispatchesUpdated, extension: { callbackUrl: `${origin}${callbackPath}` } },
      });
    return { router, ask };
  };

  test.each([
    '/callback',
    '/callback/',
    '/callback/7',
    '/callback/a/b?c=d',
    '/x/../callback/7',
    '/callback/./7',
  ])('lets callbacks to it and below it through: %s', async (path) => {
    const { router, ask } = await tBelow('/callback');
    router.answers.push(204);
    expect(await ask(path)).toMatchObject({ status: 200, json: { data: null } });
    expect(router.messages.length).toBeGreaterThan(0);
  });

  test.each([
    ...['/', '/callbacks', '/callback7/a', '/other', '/Callback/7', '//callback/7', '/callback//7'],
    ...['/callback/../admin', '/callback/%2e%2e/admin', '/callback/..%2fadmin', '/callback/..%5cadmin'],
    ...['/callback/%252e%252e/admin', '/callback\\..\\admin', '/callback;/../admin', '/callback/..;/admin'],
    ...['/callback/%00', '/?/callback', '/#/callback'],
  ])('lets no other through: %s', async (path) => {
    const { router, ask } = await tBelow('/callback');
    expect(await ask(path)).toMatchObject({
      status: 200,
      json: { errors: [{ extensions: { code: 'FORBIDDEN' } }] },
    });
    expect(router.messages).toEqual([]);
  });

  test('is one of its origin alone', async () => {
    const { router, ask } = await tBelow('/callback');
    const port = Number(new URL(router.origin).port);
    const others = [`http://localhost:${port}`, `https://127.0.0.1:${port}`, `http://127.0.0.1:${port + 1}`];
    for (const origin of others)
      expect(await ask('/callback/7', origin)).toMatchObject({
        status: 200,
        json: { errors: [{ extensions: { code: 'FORBIDDEN' } }] },
      });
    expect(router.messages).toEqual([]);
  });
});

describe('a message that does not arrive', () => {
  test('waits for a router that restarts', async () => {
    const { router, app, ask, versions } = await tCalledBack();
    const id = await createDispatch(app);
    const asked = await ask(dispatchUpdated, { id });
    await router.until(() => versions(asked.id).length === 1);
    await router.close();
    await runThrough(app, id);
    await router.listen();
    await router.until(() => versions(asked.id).at(-1) === 6);
    expect(versions(asked.id)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('does not wait for a router that stays away', async () => {
    const { router, app, ask, open } = await tCalledBack({ CALLBACK_RETRY_MS: '200' });
    const id = await createDispatch(app);
    const asked = await ask(dispatchUpdated, { id });
    await router.until(() => router.of(asked.id, 'next').length === 1);
    await router.close();
    await assign(app, id);
    await until('it is given up', async () => (await open()) === 0);
    expect(await app.metric('dispatch_callbacks_ended_total{ending="failed"}')).toBe(1);
  });

  test('may be a heartbeat, when nothing else is sent', async () => {
    const { router, ask, open } = await tCalledBack({ CALLBACK_RETRY_MS: '200' });
    await ask(dispatchesUpdated, {}, { heartbeatIntervalMs: 100 });
    await router.close();
    await until('it is given up', async () => (await open()) === 0);
  });

  test('is one whose answer takes too long', async () => {
    const { router, app, ask, versions } = await tCalledBack({ CALLBACK_TIMEOUT_MS: '100' });
    const id = await createDispatch(app);
    const asked = await ask(dispatchUpdated, { id });
    await router.until(() => versions(asked.id).length === 1);
    router.answers.push('hang');
    await assign(app, id);
    await router.until(() => versions(asked.id).length === 3);
    expect(versions(asked.id)).toEqual([1, 2, 2]);
  });
});

describe('an event that is refused', () => {
  test.each([
    ['by a proxy that it is too long for', 413],
    ['by one that leads elsewhere', { status: 308, location: 'http://127.0.0.1:1/callback' }],
    ['by one that lets no such request pass', 405],
  ])('%s ends the stream with an error, and the log says why', async (_, answer) => {
    const { log, complaints } = tLogLines();
    const { router, app, ask, open } = await tCalledBack({}, { log });
    const id = await createDispatch(app);
    const asked = await ask(dispatchUpdated, { id });
    await router.until(() => router.of(asked.id, 'next').length === 1);
    router.answers.push(answer);
    await assign(app, id);
    await router.until(() => router.of(asked.id, 'complete').length === 1);
    expect(router.endingOf(asked.id)).toMatchObject([{ extensions: { code: 'STREAM_INTERRUPTED' } }]);
    await until('it has ended', async () => (await open()) === 0);
    const status = typeof answer === 'number' ? answer : answer.status;
    const refused = complaints().filter(({ action }) => action !== undefined);
    expect(refused).toMatchObject([{ action: 'next', origin: router.origin, status }]);
  });

  test('ends it also where the error is refused, too', async () => {
    const { router, app, ask, open } = await tCalledBack();
    const id = await createDispatch(app);
    const asked = await ask(dispatchUpdated, { id });
    await router.until(() => router.of(asked.id, 'next').length === 1);
    router.answers.push(405, 405);
    await assign(app, id);
    await until('it has ended', async () => (await open()) === 0);
    expect(await app.metric('dispatch_callbacks_ended_total{ending="refused"}')).toBe(1);
  });
});

describe('an answer that never ends', () => {
  test('says by its status that the event was taken: it is sent once', async () => {
    const { router, app, ask, versions } = await tCalledBack({ CALLBACK_TIMEOUT_MS: '100' });
    const id = await createDispatch(app);
    const asked = await ask(dispatchUpdated, { id });
    await router.until(() => versions(asked.id).length === 1);
    router.answers.push({ status: 200, isEndless: true }, { status: 200, isEndless: true });
    await assign(app, id);
    await assign(app, id, 'A-2');
    await move(app, id, 'EN_CAMINO');
    await router.until(() => versions(asked.id).at(-1) === 4);
    expect(versions(asked.id)).toEqual([1, 2, 3, 4]);
  });

  test('says by its status that the subscription is gone', async () => {
    const { router, app, ask, open } = await tCalledBack({ CALLBACK_TIMEOUT_MS: '100' });
    const id = await createDispatch(app);
    await ask(dispatchUpdated, { id });
    await router.until(() => router.messages.length === 2);
    router.answers.push({ status: 404, isEndless: true });
    await assign(app, id);
    await until('it has ended', async () => (await open()) === 0);
    expect(router.messages).toHaveLength(3);
  });
});

describe('a stream that cannot go on', () => {
  test('because the router is too slow ends with an error, and its client resumes after its cursor', async () => {
    const { router, app, ask, open } = await tCalledBack({ OUTBOX_MAX_BYTES: '20000' });
    const id = await createDispatch(app, { observaciones: 'x'.repeat(2_000) });
    const query = `subscription ($id: ID!, $after: Cursor) { dispatchUpdated(id: $id, after: $after) { cursor dispatch { version observaciones } } }`;
    const asked = await ask(query, { id });
    await router.until(() => router.of(asked.id, 'next').length === 1);
    router.answers.push('hang');
    let changes = 0;
    while ((await app.metric('dispatch_slow_readers_closed_total')) === 0) {
      changes += 1;
      await assign(app, id, `A-${changes}`);
    }
    // The message under way is given up after its timeout; then comes the complete.
    await router.until(() => router.of(asked.id, 'complete').length === 1);
    expect(router.of(asked.id, 'complete')[0]!.body).toMatchObject({
      errors: [{ extensions: { code: 'STREAM_INTERRUPTED' } }],
    });
    await until('it is gone', async () => (await open()) === 0);
    expect(await app.metric('dispatch_outbox_bytes')).toBe(0);

    const after = router.shown<Update>(asked.id)[0]!.cursor;
    const again = await ask(query, { id, after });
    const last = changes + 1;
    await router.until(() => router.shown<Update>(again.id).at(-1)?.dispatch.version === last);
    expect(router.shown<Update>(again.id).map(({ dispatch }) => dispatch.version)).toEqual(
      Array.from({ length: changes }, (_, index) => index + 2),
    );
  }, 30_000);

  test('because the process stops, and nothing of it is kept, says so before', async () => {
    const router = await tCallbackRouter();
    const server = await tServerProcess({ CALLBACK_ORIGINS: router.origin, DATA_DIR: ':memory:' });
    const token = await server.client.token();
    const ids: string[] = [];
    for (let index = 0; index < 40; index += 1)
      ids.push((await router.ask(server.url, { token, query: dispatchesUpdated })).id);
    expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    for (const id of ids)
      expect(router.of(id).map(({ action, body }) => [action, body['errors']])).toEqual([
        ['check', undefined],
        ['complete', [{ message: expect.any(String), extensions: { code: 'STREAM_INTERRUPTED' } }]],
      ]);
  });
});

describe('nothing is sent', () => {
  test.each([
    ['another port', 'http://127.0.0.1:1/callback/x', 'FORBIDDEN'],
    ['a name that only begins alike', 'http://127.0.0.1.example/callback/x', 'FORBIDDEN'],
    ['credentials', 'http://user:word@127.0.0.1/callback/x', 'BAD_REQUEST'],
    ['another scheme', 'file:///etc/passwd', 'FORBIDDEN'],
    ['no URL', 'callback', 'BAD_REQUEST'],
  ])('to %s', async (_, callbackUrl, code) => {
    const { router, ask } = await tCalledBack();
    const refused = await ask(dispatchesUpdated, {}, { extension: { callbackUrl } });
    expect(refused.json.errors).toMatchObject([{ extensions: { code } }]);
    expect(router.messages).toEqual([]);
  });

  test('without a good token', async () => {
    const clock = new ManualClock();
    const { router, app } = await tCalledBack({}, { clock });
    const asked = await router.ask(app.url, { query: dispatchesUpdated });
    expect(asked.json.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    await clock.advance(10_000);
    await app.metric('dispatch_callbacks');
    expect(router.messages).toEqual([]);
  });
});

describe('an operation that is refused', () => {
  const notFound = [{ extensions: { code: 'NOT_FOUND' } }];

  test('is told in the answer, and no second time to a router that reads it', async () => {
    const { router, app, ask } = await tCalledBack();
    const asked = await ask(dispatchUpdated, { id: '99' });
    expect(asked).toMatchObject({ status: 200, json: { data: null, errors: notFound } });
    await until('the check was refused', async () => {
      return (await app.metric('dispatch_callback_messages_total{action="check",outcome="gone"}')) === 1;
    });
    expect(router.of(asked.id).map(({ action }) => action)).toEqual(['check']);
  });

  test('is told by callback to a router that does not read it', async () => {
    const { router, ask } = await tCalledBack();
    router.ignoresBodies = true;
    const { id } = await ask(dispatchUpdated, { id: '99' });
    await router.until(() => router.of(id, 'complete').length === 1);
    expect(router.of(id).map(({ action }) => action)).toEqual(['check', 'complete']);
    expect(router.of(id, 'complete')[0]!.body['errors']).toMatchObject(notFound);
  });

  test('is told by callback also where its text is not good, or was not looked at', async () => {
    const { router, app, ask } = await tCalledBack({
      ...{ RATE_LIMIT_SCALE: '1', MAX_SUBSCRIPTIONS_PER_VIEWER: '1', REQUESTS_PER_MINUTE: '2' },
    });
    router.ignoresBodies = true;
    const unknown = await ask('subscription { dispatchUpdated(id: "1") { nothing } }');
    expect(unknown).toMatchObject({ status: 200, json: { data: null } });
    expect(unknown.headers.get('subscription-protocol')).toBe('callback/1.0');
    await app.ask('{ despachos { id } }');
    const limited = await ask(dispatchesUpdated);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    for (const [{ id }, code] of [
      [unknown, 'GRAPHQL_VALIDATION_FAILED'],
      [limited, 'RATE_LIMITED'],
    ] as const) {
      await router.until(() => router.of(id, 'complete').length === 1);
      expect(router.of(id, 'complete')[0]!.body['errors']).toMatchObject([{ extensions: { code } }]);
    }
  });

  test('is told by a status where the token is not good and the router may look at nothing else; nobody is called', async () => {
    const { router, app } = await tCalledBack();
    const asked = { token: 'nonsense', query: dispatchesUpdated };
    const unauthenticated = [{ extensions: { code: 'UNAUTHENTICATED' } }];
    const accept = 'application/json;callbackSpec=1.0';
    expect(await router.ask(app.url, { ...asked, accept })).toMatchObject({
      ...{ status: 401, json: { errors: unauthenticated } },
    });
    expect(await router.ask(app.url, asked)).toMatchObject({
      status: 200,
      json: { errors: unauthenticated },
    });
    // What is sent for somebody else comes after whatever would have been sent for this one.
    router.ignoresBodies = true;
    const other = await router.ask(app.url, {
      ...{ token: await app.token(), query: dispatchUpdated, variables: { id: '99' } },
    });
    await router.until(() => router.of(other.id, 'complete').length === 1);
    expect(router.messages.map(({ id }) => id)).toEqual([other.id, other.id]);
  });
});

test('a subscription by callback counts towards the limit of its viewer, who is online', async () => {
  const { router, app, ask } = await tCalledBack({
    MAX_SUBSCRIPTIONS_PER_VIEWER: '1',
    PRESENCE_GRACE_MS: '0',
  });
  const first = await ask(dispatchesUpdated);
  const second = await ask(dispatchesUpdated);
  expect(second.json.errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }]);
  const boss = await app.token({ sub: 'boss', role: 'admin' });
  const online = async () =>
    (await app.ask<{ onlineUsers: unknown[] }>('{ onlineUsers { id } }', {}, boss)).data?.onlineUsers;
  expect(await online()).toEqual([{ id: 'ana' }]);
  router.forget(first.id);
  await createDispatch(app);
  await until('she is gone', async () => (await online())?.length === 0);
});
