/** Proves that where operations are trusted nobody runs another one, over any transport, but a gateway that proves itself. */
import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { describeConfig, parseConfig } from '../../src/config/config.ts';
import { tApp, type RunningApp } from '../support/app.ts';
import { tCallbackRouter } from '../support/callback-router.ts';
import { asApollo, asRelay, byHash, sha256, tFileOf } from '../support/documents.ts';
import { tEventStream } from '../support/event-stream.ts';
import { tSocket } from '../support/graphql-client.ts';
import { post, send } from '../support/http.ts';
import { acceptParts } from '../support/multipart.ts';
import { dispatchUpdated } from '../support/operations.ts';
import { postShared, tSharedStream } from '../support/shared-stream.ts';

const list = 'query Board {\n  despachos { id estado }\n}';
const other = '{ despachos { prioridad } }';
const secret = 'kD93vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz';
const create = 'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 2 } }) { id } }';
const texts = [list, dispatchUpdated, create];

const tTrusting = (env: Record<string, string> = {}) =>
  tApp({
    OPERATIONS: 'trusted',
    OPERATIONS_MANIFEST: tFileOf(asApollo(texts)),
    GATEWAY_SECRET: secret,
    EVENT_STREAM_TICKETS: 'header',
    ...env,
  });

const created = async (app: RunningApp): Promise<string> =>
  (await app.ask<{ createDispatch: { id: string } }>(create)).data!.createDispatch.id;

/** Made when the test runs, and removed after it. */
const tFileOfLater =
  (...contents: readonly unknown[]) =>
  () =>
    contents.map(tFileOf).join(',');

type Body = Readonly<Record<string, unknown>>;
type Headers = Readonly<Record<string, string>>;

const searchOf = (body: Body) =>
  new URLSearchParams(
    Object.entries(body).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );

async function overSocket(app: RunningApp, body: Body, headers: Headers, init = {}): Promise<string> {
  const socket = await tSocket(app.wsUrl, { headers });
  socket.send({ type: 'connection_init', payload: { token: await app.token(), ...init } });
  await socket.message('connection_ack');
  socket.send({ id: '1', type: 'subscribe', payload: body });
  await socket.until(() => socket.messages.some(({ id }) => id === '1'));
  return JSON.stringify(socket.messages);
}

async function overSharedStream(app: RunningApp, body: Body): Promise<string> {
  const token = await app.token();
  const { ticket, stream } = await tSharedStream(app.url, token);
  const extensions = { ...(body['extensions'] as object), operationId: randomUUID() };
  await postShared(app.url, { token, ticket }, { ...body, extensions });
  await stream.until(() => stream.events.length > 0);
  return JSON.stringify(stream.events);
}

/** All that is told of an operation, by each way that a query may take. */
const ways: Readonly<Record<string, (app: RunningApp, body: Body, headers: Headers) => Promise<string>>> = {
  POST: async (app, body, headers) => (await post(app, { body, headers })).text,
  GET: async (app, body, headers) => {
    const authorization = `Bearer ${await app.token()}`;
    return (await send(`${app.url}/graphql?${searchOf(body)}`, { headers: { authorization, ...headers } }))
      .text;
  },
  'an event stream': async (app, body, headers) =>
    (await post(app, { body, headers: { accept: 'text/event-stream', ...headers } })).text,
  'a WebSocket': (app, body, headers) => overSocket(app, body, headers),
};

test.each(Object.entries(ways))('over %s', async (_way, ask) => {
  const app = await tTrusting();
  const id = await created(app);
  const shown = `"despachos":[{"id":"${id}","estado":"PENDIENTE"}]`;
  for (const body of [{ query: list }, byHash(list), { documentId: sha256(list) }])
    expect(await ask(app, body, {})).toContain(shown);
  expect(await ask(app, { documentId: `sha256:${sha256(list)}` }, {})).toContain(shown);
  // Set in another way, it is the same operation.
  expect(await ask(app, { query: `# hello\n${list.replaceAll(' ', '  ')}` }, {})).toContain(shown);
  expect(await ask(app, { query: other }, {})).toContain('QUERY_NOT_IN_SAFELIST');
  expect(await ask(app, { query: `${list} ${other.replace('{', 'query B {')}` }, {})).toContain(
    'QUERY_NOT_IN_SAFELIST',
  );
  expect(await ask(app, byHash(other), {})).toContain('PERSISTED_QUERY_NOT_IN_LIST');
  expect(await ask(app, { query: other }, { 'gateway-secret': secret })).toContain('"prioridad":"MEDIA"');
  expect(await ask(app, { query: other }, { 'gateway-secret': `${secret}x` })).toContain(
    'QUERY_NOT_IN_SAFELIST',
  );
  expect(await app.metric('dispatch_untrusted_operations_total')).toBe(3);
});

test('while the secret is replaced, gateways may show the old one and the new one, over HTTP and over a WebSocket', async () => {
  const next = 'next-vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz';
  const app = await tTrusting({ GATEWAY_SECRET: next, GATEWAY_SECRET_PREVIOUS: secret });
  for (const ask of [ways['POST']!, ways['a WebSocket']!]) {
    for (const shown of [next, secret])
      expect(await ask(app, { query: other }, { 'gateway-secret': shown })).toContain('"despachos":[]');
    expect(await ask(app, { query: other }, { 'gateway-secret': '' })).toContain('QUERY_NOT_IN_SAFELIST');
  }
});

// By the second one Hive Router does: it puts there what it would send as headers.
test.each(['gatewaySecret', 'gateway-secret'])(
  'a gateway may show its secret in connection_init too, as %s',
  async (name) => {
    const app = await tTrusting();
    const proven = await overSocket(app, { query: other }, {}, { [name]: secret });
    expect(proven).toContain('"despachos":[]');
    const unproven = await overSocket(app, { query: other }, {}, { [name]: 'another' });
    expect(unproven).toContain('QUERY_NOT_IN_SAFELIST');
  },
);

test('over an event stream that operations share', async () => {
  const app = await tTrusting();
  expect(await overSharedStream(app, byHash(list))).toContain('"despachos":[]');
  expect(await overSharedStream(app, { query: other })).toContain('QUERY_NOT_IN_SAFELIST');
});

test('streams are opened by their hash, as parts of HTTP and as events', async () => {
  const app = await tTrusting();
  const id = await created(app);
  const token = await app.token();
  const body = { ...byHash(dispatchUpdated), variables: { id } };
  const events = await tEventStream(`${app.url}/graphql?${searchOf(body)}`, { token });
  await events.until(() => events.events.length > 0);
  expect(JSON.stringify(events.events)).toContain('SNAPSHOT');
  const refused = await post(app, {
    body: { query: `subscription { dispatchUpdated(id: "${id}") { changeType } }` },
    headers: { accept: acceptParts },
  });
  expect(refused.text).toContain('QUERY_NOT_IN_SAFELIST');
});

test('over HTTP callback a router that proves itself subscribes to what it has planned', async () => {
  const router = await tCallbackRouter();
  const app = await tTrusting({ CALLBACK_ORIGINS: router.origin });
  const id = await created(app);
  const token = await app.token();
  const planned = `subscription Planned__0 { dispatchUpdated(id: "${id}") { changeType } }`;
  const refused = await router.ask(app.url, { token, query: planned });
  expect(refused.json.errors?.[0]?.extensions['code']).toBe('QUERY_NOT_IN_SAFELIST');
  const asked = await router.ask(app.url, {
    ...{ token, query: planned },
    headers: { 'gateway-secret': secret },
  });
  await router.until(() => router.shown(asked.id).length === 1);
  expect(router.shown(asked.id)).toEqual([{ changeType: 'SNAPSHOT' }]);
});

test('composition reads the SDL, and nothing beside it', async () => {
  const app = await tTrusting();
  expect((await post(app, { body: { query: '{ _service { sdl } }' } })).json.data).toHaveProperty('_service');
  const query = '{ _service { sdl } despachos { id prioridad } }';
  expect((await post(app, { body: { query } })).code).toBe('QUERY_NOT_IN_SAFELIST');
});

test('services of an exempt role send what they like', async () => {
  const app = await tTrusting({ OPERATIONS_EXEMPT_ROLES: 'system' });
  const token = await app.token({ sub: 'ms-reports', role: 'system' });
  expect((await post(app, { body: { query: other }, token })).status).toBe(200);
  expect((await post(app, { body: { query: other } })).code).toBe('QUERY_NOT_IN_SAFELIST');
});

test("manifests of several frontends, in Relay's format too, count as one", async () => {
  const paths = [tFileOf(asApollo([list])), tFileOf(asRelay([other]))];
  const app = await tTrusting({ OPERATIONS_MANIFEST: paths.join(', ') });
  for (const body of [{ documentId: 'op-0' }, byHash(list), { query: other }])
    expect((await post(app, { body })).json.data).toEqual({ despachos: [] });
});

test('before it is enforced, what would be refused is run, and logged once, without the values in it', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const app = await tApp({ OPERATIONS: 'log', OPERATIONS_MANIFEST: tFileOf(asApollo([list])) }, { log });
  const query = '{ dispatch(id: "eva-4711") { id } }';
  for (const body of [{ query }, { query }, { query: list }])
    expect((await post(app, { body })).status).toBe(200);
  const noted = lines.filter((line) => line.includes('an operation is in no manifest'));
  expect(noted.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({ hash: sha256(query), text: '{ dispatch(id: "") { id } }', outcome: 'logged' }),
  ]);
  expect(await app.metric('dispatch_untrusted_operations_total')).toBe(2);
});

test('with automatic persisted queries a text is sent once, and its hash after that', async () => {
  const app = await tApp({ PERSISTED_QUERIES_BYTES: '65536' });
  for (const ask of Object.values(ways)) {
    const query = `query Q${randomUUID().slice(0, 8)} { despachos { id } }`;
    expect(await ask(app, byHash(query), {})).toContain('PERSISTED_QUERY_NOT_FOUND');
    expect(await ask(app, { query, ...byHash(query) }, {})).toContain('"despachos":[]');
    expect(await ask(app, byHash(query), {})).toContain('"despachos":[]');
    expect(await ask(app, { query, ...byHash(other) }, {})).toContain('BAD_REQUEST');
  }
});

test('what clients send with its hash is kept up to a bound, and the rest is sent again', async () => {
  const app = await tApp({ PERSISTED_QUERIES_BYTES: '4096' });
  const queries = Array.from({ length: 60 }, (_, index) => `query Q${index} { despachos { id } }`);
  for (const query of queries) await post(app, { body: { query, ...byHash(query) } });
  const codes: unknown[] = [];
  for (const query of queries) codes.push((await post(app, { body: byHash(query) })).code);
  expect(codes.at(-1)).toBeUndefined();
  expect(codes[0]).toBe('PERSISTED_QUERY_NOT_FOUND');
});

test.each([
  ['without a manifest', { OPERATIONS: 'trusted' }, 'is trusted without OPERATIONS_MANIFEST'],
  ['with none', { OPERATIONS: 'log', OPERATIONS_MANIFEST: 'none' }, 'is log without OPERATIONS_MANIFEST'],
  ['with a file that is not there', { OPERATIONS_MANIFEST: '/nowhere.json' }, 'cannot be read (ENOENT)'],
  ['with a file that is none', { OPERATIONS_MANIFEST: tFileOfLater('[]') }, 'that is no JSON object'],
  [
    'with an id that has two texts',
    { OPERATIONS_MANIFEST: tFileOfLater(asRelay([list]), asRelay([other])) },
    'has two texts for the id op-0',
  ],
])('it does not start %s', (_what, env, problem) => {
  const given = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, typeof value === 'string' ? value : value()]),
  );
  expect(() => parseConfig(given)).toThrow(problem);
});

test('what a router plans would be refused without its secret, and the service says so', () => {
  const env = { OPERATIONS: 'trusted', OPERATIONS_MANIFEST: tFileOf(asApollo(texts)) };
  expect(parseConfig(env).warnings).toContainEqual(expect.stringContaining('without GATEWAY_SECRET'));
  expect(parseConfig({ ...env, GATEWAY_SECRET: secret }).warnings.join()).not.toContain('GATEWAY_SECRET');
  const shown = JSON.stringify(describeConfig(parseConfig({ ...env, GATEWAY_SECRET: secret })));
  expect(shown).toContain('"manifest":"3 operations"');
  expect(shown).not.toContain(secret);
});
