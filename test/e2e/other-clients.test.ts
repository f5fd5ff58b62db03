/** Proves that clients are understood that were written for other servers: where their token is, what they send first, their origin. */
import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { tSocket } from '../support/graphql-client.ts';
import { send } from '../support/http.ts';
import { postShared, tSharedStream } from '../support/shared-stream.ts';

const list = { query: '{ despachos { id } }' };
const persistedQuery = { version: 1, sha256Hash: 'a'.repeat(64) };

test.each(['authToken', 'headers.Authorization', 'headers.authorization'])(
  'the token of a socket may stand in %s',
  async (place) => {
    const app = await tApp();
    const token = `Bearer ${await app.token()}`;
    const [outer = '', inner] = place.split('.');
    const socket = await tSocket(app.wsUrl);
    socket.send({ type: 'connection_init', payload: { [outer]: inner ? { [inner]: token } : token } });
    await socket.message('connection_ack');
    socket.send({ type: 'subscribe', id: '1', payload: list });
    await socket.message('complete');
    expect(socket.messages).toContainEqual({ type: 'next', id: '1', payload: { data: { despachos: [] } } });
  },
);

test('an operation that is named by its hash ends alone, and its text is taken after that', async () => {
  const app = await tApp();
  const socket = await tSocket(app.wsUrl);
  socket.send({ type: 'connection_init', payload: { token: await app.token() } });
  await socket.message('connection_ack');
  socket.send({ type: 'subscribe', id: '1', payload: { extensions: { persistedQuery } } });
  await socket.message('error');
  expect(socket.messages.at(-1)).toMatchObject({
    ...{ id: '1', type: 'error' },
    payload: [
      { message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } },
    ],
  });
  socket.send({ type: 'subscribe', id: '1', payload: list });
  await socket.message('complete');
  expect(socket.messages).toContainEqual({ type: 'next', id: '1', payload: { data: { despachos: [] } } });
});

test.each([
  ['alone', 'text/event-stream'],
  ['beside JSON', 'text/event-stream, application/json'],
])('by event stream it is answered as any other, for a client that takes them %s', async (_, accept) => {
  const app = await tApp();
  const { status, headers, text } = await send(`${app.url}/graphql`, {
    method: 'POST',
    headers: { accept, 'content-type': 'application/json', authorization: `Bearer ${await app.token()}` },
    body: JSON.stringify({ extensions: { persistedQuery } }),
  });
  expect([status, headers.get('content-type')]).toEqual([200, expect.stringContaining('text/event-stream')]);
  expect(text).toMatch(/event: next\ndata: .*"PERSISTED_QUERY_NOT_SUPPORTED".*\n\nevent: complete/s);
});

test('on a stream with other operations it is answered there, and not accepted and then never answered', async () => {
  const app = await tApp({ EVENT_STREAM_TICKETS: 'header' });
  const token = await app.token();
  const { ticket, stream } = await tSharedStream(app.url, token);
  const operationId = randomUUID();
  const extensions = { persistedQuery, operationId };
  expect((await postShared(app.url, { token, ticket }, { extensions })).status).toBe(202);
  await stream.until(({ events }) => events.length >= 2);
  expect(stream.events).toMatchObject([
    {
      event: 'next',
      data: {
        id: operationId,
        payload: { errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }] },
      },
    },
    { event: 'complete', data: { id: operationId } },
  ]);
});

test('what is neither an operation nor its hash still closes the socket', async () => {
  const app = await tApp();
  const socket = await tSocket(app.wsUrl);
  socket.send({ type: 'connection_init', payload: { token: await app.token() } });
  await socket.message('connection_ack');
  socket.send({ type: 'subscribe', id: '1', payload: { extensions: { persistedQuery: 'a hash' } } });
  expect(await socket.closed()).toMatchObject({ code: 4400 });
});

test('an app may send an origin of the service itself, and nobody one that is only its host', async () => {
  const app = await tApp({
    CORS_ORIGIN: 'https://board.example',
    PUBLIC_ORIGINS: 'https://dispatch.example',
  });
  const own = await tSocket(app.wsUrl, { origin: 'https://dispatch.example' });
  own.send({ type: 'connection_init', payload: { token: await app.token() } });
  await own.message('connection_ack');
  const host = new URL(app.url).origin;
  expect(await (await tSocket(app.wsUrl, { origin: host })).refusal()).toBe(403);
});
