/** Proves that a request has the same id in the response, in the log and in errors. */
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { post } from '../support/http.ts';

const body = { query: '{ despachos { id } }' };

test('the id of the caller is used', async () => {
  const app = await tApp();
  const { headers } = await post(app, { body, headers: { 'x-request-id': 'gateway-1:a/7' } });
  expect(headers.get('x-request-id')).toBe('gateway-1:a/7');
});

test('without an id, or with one that is not acceptable, a request gets a new one', async () => {
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

test('refused requests have one too', async () => {
  const app = await tApp();
  const refused = [
    await post(app, { body, token: null, headers: { 'x-request-id': 'r1' } }),
    await post(app, { body: '{', headers: { 'x-request-id': 'r1' } }),
  ];
  expect(refused.map(({ headers }) => headers.get('x-request-id'))).toEqual(['r1', 'r1']);
});
