/** Proves that clients are understood that were written for other servers: where their token is, what they send first, their origin. */
import { expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { tSocket } from '../support/graphql-client.ts';

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
