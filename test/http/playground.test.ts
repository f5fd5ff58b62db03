/** Proves that the playground is served in development only, works as it is delivered, and has no secrets. */
import { request } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { tClient } from '../support/graphql-client.ts';
import { post, send } from '../support/http.ts';
import type { Update } from '../support/operations.ts';
import { until } from '../support/until.ts';

/** The operations and the token that the page begins with. */
function settingsIn(html: string) {
  const json = /<script type="application\/json" id="settings">(.*?)<\/script>/.exec(html)![1]!;
  return JSON.parse(json) as {
    readonly endpoint: string;
    readonly token: string | null;
    readonly examples: readonly string[];
  };
}

describe('in development', () => {
  test('its operations run as they are: the subscription shows what the mutation creates', async () => {
    const app = await tApp();
    const { status, headers, text } = await send(`${app.url}/`);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    const { endpoint, token, examples } = settingsIn(text);
    expect({ endpoint, count: examples.length }).toEqual({ endpoint: '/graphql', count: 3 });
    const [watch = '', create, list] = examples;

    const board = tClient(app.wsUrl, token!).iterate<{ dispatchesUpdated: Update }>({ query: watch });
    const first = board.next();
    const listed = await post(app, { body: { query: list }, token: token! });
    expect(listed.json).toMatchObject({ data: { despachos: [] } });
    await until('the board is watched', async () => (await app.metric('dispatch_subscriptions')) === 1);
    const created = await post(app, { body: { query: create }, token: token! });
    expect(created.json).toMatchObject({ data: { createDispatch: { estado: 'PENDIENTE', version: 1 } } });
    const { value } = (await first) as { value: { data: unknown } };
    expect(value.data).toMatchObject({
      dispatchesUpdated: { changeType: 'CREATED', dispatch: { version: 1 } },
    });
  });

  test('it is compressed for clients that accept that', async () => {
    const app = await tApp();
    const compressed = await rawLength(`${app.url}/`, { 'accept-encoding': 'gzip' });
    const plain = await rawLength(`${app.url}/`, {});
    expect(compressed).toBeLessThan(3_500_000);
    expect(plain).toBeGreaterThan(2 * compressed);
  });

  test('with JWT_SECRET set, the page has no token', async () => {
    const app = await tApp({ JWT_SECRET: 'a-secret-that-only-this-environment-knows' });
    expect(settingsIn((await send(`${app.url}/`)).text).token).toBeNull();
  });
});

test('in production there is no playground', async () => {
  const app = await tApp({ NODE_ENV: 'production', JWT_SECRET: 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz' });
  expect((await send(`${app.url}/`)).status).toBe(404);
});

/** The number of bytes of the body, before it is decompressed. */
function rawLength(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      let length = 0;
      response.on('data', (chunk: Buffer) => (length += chunk.length));
      response.on('end', () => resolve(length));
    })
      .on('error', reject)
      .end();
  });
}
