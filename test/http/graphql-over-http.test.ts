/** Proves that /graphql follows the specification of GraphQL over HTTP. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { auditServer } from 'graphql-http';
import { tApp, type RunningApp } from '../support/app.ts';
import { post, likeApolloClient } from '../support/http.ts';

test('the audit of graphql-http finds no errors, and nothing to warn of', async () => {
  const app = await tApp();
  const authorization = `Bearer ${await app.token()}`;
  const results = await auditServer({
    url: `${app.url}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), authorization } }),
  });
  const named = (status: string) =>
    results.filter((result) => result.status === status).map(({ name }) => name);
  expect(named('error')).toEqual([]);
  expect(named('warn')).toEqual([]);
  expect(named('ok').length).toBeGreaterThan(50);
});

describe('a GraphQL request that is refused', () => {
  const limited = { RATE_LIMIT_SCALE: '1', MAX_SUBSCRIPTIONS_PER_VIEWER: '1', REQUESTS_PER_MINUTE: '2' };
  const body = { query: '{ despachos { id } }' };

  /** The last answer is refused. */
  async function tLimited(app: RunningApp, accept: string) {
    const token = await app.token();
    const ask = () => post(app, { body, token, headers: { accept } });
    await ask();
    await ask();
    return ask();
  }

  test.each([
    '*/*',
    'application/json',
    'application/json, application/graphql-response+json',
    'application/graphql-response+json;q=0.8, application/json;q=0.9',
    'text/html, application/json;q=0.5',
  ])('is 200 with its code where plain JSON is asked for: %s', async (accept) => {
    const app = await tApp(limited);
    const anonymous = await post(app, { body, token: null, headers: { accept } });
    expect(anonymous).toMatchObject({ status: 200, code: 'UNAUTHENTICATED' });
    expect(anonymous.headers.get('content-type')).toMatch(/^application\/json/);
    expect(anonymous.headers.get('retry-after')).toBeNull();
    const refused = await tLimited(app, accept);
    expect(refused).toMatchObject({ status: 200, code: 'RATE_LIMITED' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test.each([
    likeApolloClient,
    'application/graphql-response+json',
    'application/json;q=0.8, application/graphql-response+json;q=0.9',
  ])('has the status of its code where that is asked for first: %s', async (accept) => {
    const app = await tApp(limited);
    const anonymous = await post(app, { body, token: null, headers: { accept } });
    expect(anonymous).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(anonymous.headers.get('content-type')).toMatch(/^application\/graphql-response\+json/);
    const refused = await tLimited(app, accept);
    expect(refused).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('is 200 with a body that is compressed, which nobody looks into without a token', async () => {
    const app = await tApp();
    const answer = await post(app, {
      body: gzipSync(JSON.stringify(body)),
      token: null,
      headers: { accept: 'application/json', 'content-encoding': 'gzip' },
    });
    expect(answer).toMatchObject({ status: 200, code: 'UNAUTHENTICATED' });
  });
});

test.each([
  ['JSON that is none', '{', 400],
  ['no query', '{}', 400],
  ['another type than JSON', 'query', 415],
])('%s keeps its status where plain JSON is asked for', async (_what, body, status) => {
  const app = await tApp();
  const type = status === 415 ? 'text/plain' : 'application/json';
  const headers = { accept: 'application/json', 'content-type': type };
  expect((await post(app, { body, headers })).status).toBe(status);
});

describe('the type of an answer', () => {
  const body = { query: '{ despachos { id } }' };

  test.each([
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/json;charset=utf-8', 'application/json'],
    ['application/graphql-response+json', 'application/graphql-response+json'],
    ['text/html, application/graphql-response+json;q=0.5', 'application/graphql-response+json'],
  ])('is one of those that are accepted: %s', async (accept, expected) => {
    const app = await tApp();
    const answer = await post(app, { body, headers: { accept } });
    expect(answer).toMatchObject({ status: 200, json: { data: { despachos: [] } } });
    expect(answer.headers.get('content-type')).toBe(`${expected}; charset=utf-8`);
  });

  test('is JSON where none of them is accepted: the request is refused, and nothing was changed', async () => {
    const app = await tApp();
    const place = '{ latitud: 1, longitud: 2, direccion: "Calle 1" }';
    const input = `{ origen: ${place}, prioridad: CRITICA, incidente: ACCIDENTE }`;
    const query = `mutation { createDispatch(input: ${input}) { id } }`;
    const answer = await post(app, { body: { query }, headers: { accept: 'text/html' } });
    expect(answer).toMatchObject({ status: 406, code: 'BAD_REQUEST' });
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await post(app, { body })).toMatchObject({ json: { data: { despachos: [] } } });
    expect((await post(app, { body: { query } })).json.data).toEqual({ createDispatch: { id: '1' } });
  });
});

test.each([
  ['application/json; charset=utf-8', 200],
  ['text/plain', 415],
])('a request by GET of type %s has status %i', async (type, status) => {
  const app = await tApp();
  const url = `${app.url}/graphql?query=${encodeURIComponent('{ despachos { id } }')}`;
  const headers = { authorization: `Bearer ${await app.token()}`, 'content-type': type };
  expect((await fetch(url, { headers })).status).toBe(status);
});
