/** Proves that only requests with a valid token get data, and that each field checks the viewer's permissions. */
import { createSecretKey } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { tApp } from '../support/app.ts';
import { expectToServeOthers, post, send } from '../support/http.ts';

const board = { query: '{ despachos { id } }' };
const federation = { query: '{ _service { sdl } }' };
const introspection = {
  query: 'query { __schema { ...Names } } fragment Names on __Schema { types { name } }',
};
const secret = 'a-secret-that-is-long-enough-for-production-0123456789';

describe('without a token', () => {
  test.each([
    ['a query', board],
    ['a mutation', { query: 'mutation { updateUserStatus(status: AWAY) { id } }' }],
    [
      'entities',
      { query: '{ _entities(representations: [{__typename: "Dispatch", id: "1"}]) { __typename } }' },
    ],
    ['_service beside something else', { query: '{ _service { sdl } despachos { id } }' }],
    ['_service as the name of something else', { query: '{ _service: despachos { id } }' }],
    [
      'something else in a fragment',
      { query: '{ _service { sdl } ...F } fragment F on Query { despachos { id } }' },
    ],
    [
      'something else in a second operation',
      { query: 'query A { _service { sdl } } query B { despachos { id } }', operationName: 'B' },
    ],
    ['what does not parse', { query: '{ despachos ' }],
    ['what the schema does not know', { query: '{ nothing }' }],
  ])('%s is UNAUTHENTICATED', async (_what, body) => {
    const app = await tApp();
    const { status, code, headers, json } = await post(app, { body, token: null });
    expect({ status, code }).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
    expect(headers.get('www-authenticate')).toBe('Bearer');
    expect(json.data).toBeUndefined();
    await expectToServeOthers(app);
  });

  test('everybody gets the SDL, by POST and by GET', async () => {
    const app = await tApp();
    const posted = await post(app, { body: federation, token: null });
    expect(posted.json).toMatchObject({
      data: { _service: { sdl: expect.stringContaining('type Dispatch') } },
    });
    const got = await send(`${app.url}/graphql?${new URLSearchParams(federation)}`);
    expect(got.json).toEqual(posted.json);
  });

  test('in development the schema can be introspected, also by the GET that gateways send', async () => {
    const app = await tApp();
    expect((await post(app, { body: introspection, token: null })).status).toBe(200);
    const query = '{__schema{types{name}}}';
    expect((await send(`${app.url}/graphql?${new URLSearchParams({ query })}`)).status).toBe(200);
  });
});

describe('in production', () => {
  test('introspection is off for everybody, and no message names parts of the schema', async () => {
    const app = await tApp({ NODE_ENV: 'production', JWT_SECRET: secret });
    expect(await post(app, { body: introspection, token: null })).toMatchObject({
      status: 401,
      code: 'UNAUTHENTICATED',
    });
    const asked = await post(app, { body: introspection });
    expect(asked).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' });
    const misspelt = await post(app, { body: { query: '{ despacho { id } }' } });
    expect(misspelt.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(misspelt.text).not.toMatch(/despachos|did you mean/i);
    expect((await post(app, { body: federation, token: null })).status).toBe(401);
    expect((await post(app, { body: federation })).status).toBe(200);
  });
});

describe('with an invalid token', () => {
  const key = createSecretKey(Buffer.from(secret));
  const sign = (claims: Record<string, unknown>, using = key) =>
    new SignJWT({
      sub: 'ana',
      role: 'admin',
      aud: 'dispatch',
      exp: Math.floor(Date.now() / 1000) + 3_600,
      ...claims,
    })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(using);

  test.each([
    ['is expired', () => sign({ exp: Math.floor(Date.now() / 1000) - 3_600 }), 'EXPIRED'],
    [
      'says alg: none',
      () => Promise.resolve(new UnsecuredJWT({ sub: 'ana', role: 'admin', aud: 'dispatch' }).encode()),
      'ALGORITHM',
    ],
    [
      'was signed with another key',
      () => sign({}, createSecretKey(Buffer.from(`not-${secret}`))),
      'SIGNATURE',
    ],
    ['is meant for somebody else', () => sign({ aud: 'billing' }), 'AUDIENCE'],
    ['is no token at all', () => Promise.resolve('17|abcdefabcdef'), 'MALFORMED'],
  ])('that %s: UNAUTHENTICATED', async (_what, make, reason) => {
    const app = await tApp({ JWT_SECRET: secret, JWT_AUDIENCE: 'dispatch' });
    const { status, code, json } = await post(app, { body: board, token: await make() });
    expect({ status, code }).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
    expect(json.errors![0]!.extensions['reason']).toBe(reason);
    await expectToServeOthers(app);
  });

  test('a header without a bearer token', async () => {
    const app = await tApp();
    const { status, code } = await post(app, {
      body: board,
      token: null,
      headers: { authorization: 'Basic YTpi' },
    });
    expect({ status, code }).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
  });
});

test('a viewer without a permission gets FORBIDDEN for the field, and the other fields', async () => {
  const app = await tApp();
  const token = await app.token({ sub: 'luis', role: 'paramedic', ambulanciaId: '7' });
  const query = '{ despachos { id } onlineUsers { id } }';
  const { code, json } = await post(app, { body: { query }, token });
  expect(code).toBe('FORBIDDEN');
  expect(json.data ?? null).toBeNull();
  expect((await app.ask('{ despachos { id } }', {}, token)).status).toBe(200);
});

test('the name and role of a token are known from the first request on', async () => {
  const app = await tApp();
  const token = await app.token({ sub: 'luis', name: 'Luis Mamani', role: 'hospital' });
  const { data } = await app.ask('{ user(id: "luis") { id name role } }', {}, token);
  expect(data).toEqual({ user: { id: 'luis', name: 'Luis Mamani', role: 'hospital' } });
});
