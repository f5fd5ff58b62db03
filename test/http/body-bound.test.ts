/** Proves how large a request body may be: large enough for a router's join where the token is good, and small without one. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { expectToServeOthers, post } from '../support/http.ts';
import { createDispatch } from '../support/operations.ts';
import { requestText, tPacedClient } from '../support/paced-client.ts';

const join = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Dispatch { __typename id estado version } }
}`;
const maxReferences = 5_000;

/** As Apollo Router writes references of a join over so many different dispatches, the first of which exists. */
const joinOver = (count: number, first: string, idOf = (at: number) => String(100_000 + at)) => ({
  query: join,
  variables: {
    representations: Array.from({ length: count }, (_, at) => ({
      __typename: 'Dispatch',
      id: at === 0 ? first : idOf(at),
    })),
  },
});

const plain = (body: unknown) => ({ body, headers: {} });
const gzipped = (body: unknown) => ({
  body: gzipSync(JSON.stringify(body)),
  headers: { 'content-encoding': 'gzip' },
});

describe.each([
  ['plain', plain],
  ['gzip', gzipped],
])('a join by a router, %s', (_what, encode) => {
  test.each([
    ['numbers', undefined],
    // 60 characters: longer than a UUID with a word in front of it.
    ['long ids', (at: number) => `despacho-${String(at).padStart(51, '0')}`],
  ])('over 5,000 different dispatches is answered: %s', async (_ids, idOf) => {
    const app = await tApp();
    const id = await createDispatch(app);
    const { status, json } = await post(app, encode(joinOver(maxReferences, id, idOf)));
    expect({ status, errors: json.errors }).toEqual({ status: 200, errors: undefined });
    const entities = json.data!['_entities'] as readonly unknown[];
    expect(entities).toHaveLength(maxReferences);
    expect(entities[0]).toEqual({ __typename: 'Dispatch', id, estado: 'PENDIENTE', version: 1 });
    expect(new Set(entities.slice(1))).toEqual(new Set([null]));
  });

  test('over one more is told how many there may be', async () => {
    const app = await tApp();
    const { code, json } = await post(app, encode(joinOver(maxReferences + 1, '1')));
    expect(code).toBe('BAD_USER_INPUT');
    expect(json.errors![0]!.extensions).toMatchObject({
      limit: maxReferences,
      references: maxReferences + 1,
    });
  });
});

/** A request of so many bytes that needs no viewer. */
function padded(bytes: number, query = '{ __typename }'): string {
  const empty = JSON.stringify({ query: `${query} # ` });
  return JSON.stringify({ query: `${query} # ${'x'.repeat(bytes - empty.length)}` });
}

describe('a body of which nobody knows who sent it', () => {
  const anonymousBytes = 65_536;
  const env = { REQUEST_TIMEOUT_MS: '5000' };
  const anonymously = (app: RunningApp, bytes: number) => post(app, { body: padded(bytes), token: null });

  test('has a small bound, by its length', async () => {
    const app = await tApp(env);
    expect((await anonymously(app, anonymousBytes)).status).toBe(200);
    expect(await anonymously(app, anonymousBytes + 1)).toMatchObject({
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
    });
    await expectToServeOthers(app);
  });

  test('has it too where its length is not said', async () => {
    const app = await tApp(env);
    const client = await tPacedClient(app.url);
    client.read({ bytes: 100_000, everyMs: 1 });
    client.send(
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    for (let sent = 0; sent <= anonymousBytes; sent += 0x2000)
      client.send(`2000\r\n${'a'.repeat(0x2000)}\r\n`);
    await client.until((text) => text.includes('PAYLOAD_TOO_LARGE'));
    // What still comes is read and thrown away, and the connection is good for the next request.
    client.send('0\r\n\r\n');
    client.send(requestText('none', { query: '{ despachos { id } }' }));
    await client.until((text) => text.includes('UNAUTHENTICATED'));
  });

  test('is told about its token, where it has one that is not good', async () => {
    const app = await tApp(env);
    const token = await app.token({}, -60_000);
    expect(await post(app, { body: padded(anonymousBytes + 1), token })).toMatchObject({
      status: 401,
      code: 'UNAUTHENTICATED',
    });
  });

  test('is bound by MAX_BODY_BYTES, where that is less', async () => {
    const app = await tApp({ ...env, MAX_BODY_BYTES: '2000' });
    expect((await anonymously(app, 2_001)).status).toBe(413);
    expect((await post(app, { body: padded(2_001) })).status).toBe(413);
    expect((await post(app, { body: padded(2_000) })).status).toBe(200);
  });

  test('is bound by MAX_ANONYMOUS_BODY_BYTES, and others are not', async () => {
    const app = await tApp({ ...env, MAX_ANONYMOUS_BODY_BYTES: '2000' });
    expect((await anonymously(app, 2_001)).status).toBe(413);
    expect((await post(app, { body: padded(2_001) })).status).toBe(200);
  });
});

test('a viewer has the larger bound, and no byte more', async () => {
  const app = await tApp();
  expect((await post(app, { body: padded(524_288) })).status).toBe(200);
  expect(await post(app, { body: padded(524_289) })).toMatchObject({
    status: 413,
    code: 'PAYLOAD_TOO_LARGE',
  });
});

test('a body that ends before its length leaves nothing behind', async () => {
  const app = await tApp();
  const client = await tPacedClient(app.url);
  client.read({ bytes: 1_000, everyMs: 1 });
  client.send(requestText('none', { query: '{ __typename }' }).slice(0, -5));
  client.socket.end();
  await client.ended();
  await expectToServeOthers(app);
});

test('variables that are nested as deep as a body may be are the mistake of who sends them', async () => {
  const app = await tApp();
  const levels = 120_000;
  const nested = `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const body = `{"query":"query ($a: [Int]) { despachos(limit: 1) { id } dispatch(id: 1) @include(if: false) { id } }","variables":{"a":${nested}}}`;
  expect((await post(app, { body })).status).toBe(400);
  await expectToServeOthers(app);
});
