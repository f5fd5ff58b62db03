/** Proves who may read the schema: everybody, viewers or nobody, whatever way it is asked for. */
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { tAcknowledgedSocket } from '../support/graphql-client.ts';
import { post, send } from '../support/http.ts';

const production = { NODE_ENV: 'production', JWT_SECRET: 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz' };

/** Each of them shows the SDL to whoever may read it. */
const documents = {
  plain: '{ _service { sdl } }',
  'under another name': '{ a: _service { b: sdl } }',
  'beside something else': '{ _service { sdl } despachos { id } }',
  'in a fragment': 'query { ...A } fragment A on Query { _service { sdl } }',
  'in a fragment without a name': '{ ... on Query { ... { _service { sdl } } } }',
  'under a condition': 'query ($no: Boolean = true) { _service @include(if: $no) { sdl } }',
  'in the second of two operations': 'query A { despachos { id } } query B { _service { sdl } }',
};
const operationName = (what: string) => (what.startsWith('in the second') ? { operationName: 'B' } : {});
const showsSdl = (text: string) => text.includes('type Dispatch');

async function overWebSocket(app: RunningApp, query: string, more: object): Promise<string> {
  const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
  socket.send({ id: '1', type: 'subscribe', payload: { query, ...more } });
  await socket.until(() => socket.messages.some(({ id }) => id === '1'));
  return JSON.stringify(socket.messages);
}

/** All that is told of the SDL to a viewer, by each transport. */
async function everyWay(app: RunningApp, query: string, more: object): Promise<readonly string[]> {
  const authorization = `Bearer ${await app.token()}`;
  const search = new URLSearchParams({ query, ...more });
  const stream = { accept: 'text/event-stream' };
  return [
    (await post(app, { body: { query, ...more } })).text,
    (await send(`${app.url}/graphql?${search}`, { headers: { authorization } })).text,
    (await post(app, { body: { query, ...more }, headers: stream })).text,
    await overWebSocket(app, query, more),
  ];
}

describe.each(Object.entries(documents))('the SDL, %s', (what, query) => {
  test('is for viewers in production, unless told otherwise, and for nobody without a good token', async () => {
    const app = await tApp(production);
    const more = operationName(what);
    for (const token of [null, 'nobody'])
      expect(await post(app, { body: { query, ...more }, token })).toMatchObject({
        status: 401,
        code: 'UNAUTHENTICATED',
      });
    const got = await send(`${app.url}/graphql?${new URLSearchParams({ query, ...more })}`);
    expect(got).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect((await everyWay(app, query, more)).map(showsSdl)).toEqual([true, true, true, true]);
  });

  test('is for nobody where that is said, in development too', async () => {
    for (const env of [{}, production]) {
      const app = await tApp({ ...env, SDL_READERS: 'nobody' });
      const more = operationName(what);
      const told = await everyWay(app, query, more);
      expect(told.map(showsSdl)).toEqual([false, false, false, false]);
      expect(told.every((text) => text.includes('"FORBIDDEN"'))).toBe(true);
      expect(await post(app, { body: { query, ...more }, token: null })).toMatchObject({ status: 401 });
    }
  });
});

test('the SDL is for anybody where that is said, in production too', async () => {
  const app = await tApp({ ...production, SDL_READERS: 'anybody' });
  const body = { query: documents.plain };
  expect(showsSdl((await post(app, { body, token: null })).text)).toBe(true);
  expect(showsSdl((await send(`${app.url}/graphql?${new URLSearchParams(body)}`)).text)).toBe(true);
});

test('where nobody may read the SDL, a field of the same name elsewhere is no matter', async () => {
  const app = await tApp({ SDL_READERS: 'nobody' });
  const { status } = await post(app, { body: { query: '{ _service: despachos { _service: id } }' } });
  expect(status).toBe(200);
});
