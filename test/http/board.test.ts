/** Proves where the board is served, that it loads nothing from elsewhere, and that it gets a token that may only read, or none. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { send } from '../support/http.ts';

/** As they are sent where they are compressed; a quarter is graphql's parser, with which the client package reads operations. */
const maxBytes = 58_000;

describe('in development', () => {
  test('it is small, and may not load anything from elsewhere', async () => {
    const app = await tApp();
    const files = [
      ['/board', 'text/html; charset=utf-8'],
      ['/board/board.js', 'text/javascript; charset=utf-8'],
      ['/board/board.css', 'text/css; charset=utf-8'],
    ] as const;
    let bytes = 0;
    for (const [path, type] of files) {
      const { status, headers, text } = await send(`${app.url}${path}`);
      expect([status, headers.get('content-type')]).toEqual([200, type]);
      const policy = headers.get('content-security-policy')!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      bytes += gzipSync(text).byteLength;
    }
    expect(bytes).toBeLessThan(maxBytes);
  });

  test('its token may read dispatches and users, and change nothing', async () => {
    const app = await tApp();
    const { headers, text } = await send(`${app.url}/board/settings.json`);
    expect(headers.get('cache-control')).toBe('no-store');
    const { graphqlPath, token } = JSON.parse(text) as { graphqlPath: string; token: string };
    expect(graphqlPath).toBe('/graphql');
    const shown = await app.ask('{ despachos { id } onlineUsers { id } }', {}, token);
    expect(shown.data).toEqual({ despachos: [], onlineUsers: [] });
    const create = 'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 1 } }) { id } }';
    const refused = await app.ask(create, {}, token);
    expect(refused.errors?.map(({ extensions }) => extensions['code'])).toEqual(['FORBIDDEN']);
  });

  test('with JWT_SECRET set, the service gives the board no token', async () => {
    const app = await tApp({ JWT_SECRET: 'a-secret-that-only-this-environment-knows' });
    const { text } = await send(`${app.url}/board/settings.json`);
    expect(JSON.parse(text)).toMatchObject({ graphqlPath: '/graphql', token: null });
  });
});

const production = { NODE_ENV: 'production', JWT_SECRET: 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz' };

test('in production there is no board', async () => {
  const app = await tApp(production);
  for (const path of ['/board', '/board/board.js', '/board/settings.json'])
    expect((await send(`${app.url}${path}`)).status).toBe(404);
});

test('in production BOARD=on serves it, without a token and without the playground', async () => {
  const app = await tApp({ ...production, BOARD: 'on' });
  expect((await send(`${app.url}/board`)).status).toBe(200);
  const { text } = await send(`${app.url}/board/settings.json`);
  expect(JSON.parse(text)).toEqual({
    ...{ graphqlPath: '/graphql', playground: false, token: null },
    ...{ tilesUrl: null, tilesAttribution: null },
  });
  expect((await send(app.url)).status).toBe(404);
});

test('BOARD_TILES_URL names the only other origin that it may load something from', async () => {
  const app = await tApp({ BOARD_TILES_URL: 'https://tiles.example/streets/{z}/{x}/{y}.png' });
  const { headers } = await send(`${app.url}/board`);
  expect(headers.get('content-security-policy')).toContain('img-src data: https://tiles.example;');
  const other = await tApp({ BOARD: 'off' });
  expect((await send(`${other.url}/board`)).status).toBe(404);
});
