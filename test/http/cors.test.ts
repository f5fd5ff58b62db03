/** Proves that browsers let only pages of the allowed origins use the service. */
import { describe, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { post, send } from '../support/http.ts';

const body = { query: '{ despachos { id } }' };
const board = 'https://board.example';
const other = 'https://other.example';

function preflight(url: string, origin: string) {
  const headers = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,x-request-id',
  };
  return send(`${url}/graphql`, { method: 'OPTIONS', headers });
}

describe('with a list of origins', () => {
  test('a page of one of them may send requests', async () => {
    const app = await tApp({ CORS_ORIGIN: `${board},https://admin.example` });
    const allowed = await preflight(app.url, board);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(board);
    expect(allowed.headers.get('access-control-allow-methods')).toBe('GET, POST');
    const names = allowed.headers.get('access-control-allow-headers')!.split(', ');
    expect(names).toEqual(expect.arrayContaining(['authorization', 'content-type', 'x-request-id']));
    const answer = await post(app, { body, headers: { origin: board } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(board);
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-request-id');
  });

  test('it may ask with what its tracing adds, where an event stream goes on, and its credentials', async () => {
    const app = await tApp({ CORS_ORIGIN: board });
    const { headers } = await preflight(app.url, board);
    const names = headers.get('access-control-allow-headers')!.split(', ');
    expect(names).toEqual(expect.arrayContaining(['baggage', 'traceparent', 'tracestate', 'last-event-id']));
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    const answer = await post(app, { body, headers: { origin: board, cookie: 'a=b' } });
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
  });

  test('a page of another one may not', async () => {
    const app = await tApp({ CORS_ORIGIN: board });
    expect((await preflight(app.url, other)).headers.get('access-control-allow-origin')).toBeNull();
    const answer = await post(app, { body, headers: { origin: other } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('in development any page may, never with cookies', async () => {
  const app = await tApp();
  const { headers } = await preflight(app.url, other);
  expect(headers.get('access-control-allow-origin')).toBe('*');
  expect(headers.get('access-control-allow-credentials')).toBeNull();
});

test('in production only pages of named origins may', async () => {
  const app = await tApp({ NODE_ENV: 'production', JWT_SECRET: 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz' });
  expect((await preflight(app.url, other)).headers.get('access-control-allow-origin')).toBeNull();
});
