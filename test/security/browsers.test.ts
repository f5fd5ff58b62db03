/** Proves that nothing which a browser sends by itself says who asks, and that a link changes nothing. */
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { send } from '../support/http.ts';
import { tSocket } from '../support/graphql-client.ts';

test('cookies and passwords that a browser remembers count for nothing, and no answer sets any', async () => {
  const app = await tApp();
  const token = await app.token();
  const search = new URLSearchParams({ query: '{ despachos { id } }' });
  for (const headers of [
    { cookie: `authorization=Bearer ${token}; token=${token}` },
    { authorization: `Basic ${Buffer.from(`ana:${token}`).toString('base64')}` },
  ] as Record<string, string>[]) {
    const answer = await send(`${app.url}/graphql?${search}`, { headers });
    expect(answer).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  }
  const answered = await send(`${app.url}/graphql?${search}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(answered.status).toBe(200);
  expect(answered.headers.get('set-cookie')).toBeNull();
  expect(answered.headers.get('access-control-allow-credentials')).toBeNull();
});

test('a cookie opens no socket', async () => {
  const app = await tApp();
  const socket = await tSocket(app.wsUrl, { headers: { cookie: `token=${await app.token()}` } });
  socket.send({ type: 'connection_init' });
  expect(await socket.closed()).toMatchObject({ code: 4401 });
});

test.each([
  'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 1 } }) { id } }',
  'query A { despachos { id } } mutation B { createDispatch(input: { origen: { latitud: 1, longitud: 1 } }) { id } }',
])('a GET changes nothing, however it is asked: %s', async (query) => {
  const app = await tApp();
  const headers = { authorization: `Bearer ${await app.token()}` };
  for (const accept of ['application/json', 'text/event-stream', '*/*'])
    for (const operationName of ['', 'B']) {
      const search = new URLSearchParams({ query, ...(operationName && { operationName }) });
      await send(`${app.url}/graphql?${search}`, { headers: { ...headers, accept } });
    }
  expect((await app.ask('{ despachos { id } }')).data).toEqual({ despachos: [] });
});
