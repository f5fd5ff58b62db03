/** Owns the proof that one request can be found again: in the response, in the log, in an error. */
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { post } from '../support/http.ts';

const body = { query: '{ despachos { id } }' };

test('the caller’s id comes back', async () => {
  const app = await tApp();
  const { headers } = await post(app, { body, headers: { 'x-request-id': 'gateway-1:a/7' } });
  expect(headers.get('x-request-id')).toBe('gateway-1:a/7');
});

test('without one, or with one that is no fit, each request gets its own', async () => {
  const app = await tApp();
  const given: Record<string, string>[] = [
    {},
    { 'x-request-id': 'a b' },
    { 'x-request-id': 'x'.repeat(500) },
  ];
  const ids: unknown[] = [];
  for (const headers of given) ids.push((await post(app, { body, headers })).headers.get('x-request-id'));
  for (const id of ids) expect(id).toMatch(/^[\da-f-]{36}$/);
  expect(new Set(ids).size).toBe(3);
});

test('it comes also with a refusal', async () => {
  const app = await tApp();
  const refused = [
    await post(app, { body, token: null, headers: { 'x-request-id': 'r1' } }),
    await post(app, { body: '{', headers: { 'x-request-id': 'r1' } }),
  ];
  expect(refused.map(({ headers }) => headers.get('x-request-id'))).toEqual(['r1', 'r1']);
});
