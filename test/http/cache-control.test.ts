/** Proves that no cache keeps for somebody else what was answered to a viewer by GET. */
import { describe, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { send } from '../support/http.ts';

const forNobodyElse = 'private, no-store';

describe('an answer to a GET is for nobody else', () => {
  test.each([
    ['data', { query: '{ despachos { id } }' }, 200],
    ['data that every viewer gets', { query: '{ _service { sdl } }' }, 200],
    ['data and an error', { query: '{ dispatch(id: "1") { id } user(id: "x") { id } }' }, 200],
    ['a mutation', { query: 'mutation { updateUserStatus(status: AWAY) { id } }' }, 405],
    ['what does not parse', { query: '{' }, 400],
    ['what the schema does not know', { query: '{ nothing }' }, 400],
    ['no query', {}, 400],
    ['variables that are none', { query: '{ despachos { id } }', variables: '[' }, 400],
  ])('%s', async (_what, parameters, expected) => {
    const app = await tApp();
    const headers = { authorization: `Bearer ${await app.token()}` };
    const search = new URLSearchParams(parameters);
    const answer = await send(`${app.url}/graphql?${search}`, { headers });
    expect(answer.status).toBe(expected);
    expect(answer.headers.get('cache-control')).toBe(forNobodyElse);
  });

  test.each([
    ['no token', {}],
    ['a token that is none', { authorization: 'Bearer x' }],
  ])('%s', async (_what, headers) => {
    const app = await tApp();
    const search = new URLSearchParams({ query: '{ despachos { id } }' });
    const answer = await send(`${app.url}/graphql?${search}`, { headers });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('cache-control')).toBe(forNobodyElse);
  });

  test.each(['{ despachos { id } }', 'subscription { dispatchesUpdated { timestamp } }'])(
    'a stream: %s',
    async (query) => {
      const app = await tApp();
      const response = await fetch(`${app.url}/graphql?${new URLSearchParams({ query })}`, {
        headers: { authorization: `Bearer ${await app.token()}`, accept: 'text/event-stream' },
      });
      await response.body!.cancel();
      expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
      expect(response.headers.get('cache-control')).toBe(`${forNobodyElse}, no-transform`);
    },
  );
});

test('what anybody may ask depends on no viewer, and may be kept', async () => {
  const app = await tApp();
  const search = new URLSearchParams({ query: '{ _service { sdl } }' });
  const { status, headers } = await send(`${app.url}/graphql?${search}`);
  expect({ status, cached: headers.get('cache-control') }).toEqual({ status: 200, cached: null });
});

test('a mistake in what anybody may ask is not kept either', async () => {
  const app = await tApp();
  const search = new URLSearchParams({ query: '{ _service { nothing } }' });
  const { status, headers } = await send(`${app.url}/graphql?${search}`);
  expect({ status, cached: headers.get('cache-control') }).toEqual({ status: 400, cached: forNobodyElse });
});
