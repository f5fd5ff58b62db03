/** Tokens that were made to harm: none of them keeps the others from being understood. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { Upstream } from '../../src/upstreams/upstream.ts';
import { tApp, type RunningApp } from '../support/app.ts';
import { tAcknowledgedSocket, tSocket } from '../support/graphql-client.ts';
import { tMsAuth } from '../support/ms-despacho-repositories.ts';

async function tService(env: Record<string, string> = {}) {
  const standIn = await tMsAuth();
  const app = await tApp({ MS_AUTH_URL: standIn.url, MS_AUTH_TIMEOUT_MS: '2000', ...env });
  return { standIn, app };
}

/** Closes with what the token was refused with. */
async function connectWith(app: RunningApp, token: string) {
  const socket = await tSocket(app.wsUrl);
  socket.send({ type: 'connection_init', payload: { token } });
  return socket.closed();
}

const board = { query: '{ despachos { id } }' };

/** Asks with header lines as they are given. */
function askRaw(app: RunningApp, headers: readonly string[]): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(app.url);
    const options = { hostname, port, path: '/graphql', method: 'POST' };
    const asked = request(
      { ...options, headers: ['host', 'x', 'content-type', 'application/json', ...headers] },
      (response) => {
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      },
    );
    asked.once('error', reject);
    asked.end(JSON.stringify(board));
  });
}

describe('characters that no header holds', () => {
  test.each([
    ...['1|漢0', '1|\u0000', '1|a\u0001x', '1|ÿ', '1|\u007f', '1|\u2028', '1|\ud800', '1|😀', '1|é', '1|"'],
    '1|漢0.a.b',
  ])('%j, twelve times, reaches nobody and harms nobody', async (token) => {
    const { standIn, app } = await tService();
    for (let count = 0; count < 12; count++)
      expect(await connectWith(app, token)).toMatchObject({ code: 4401 });
    expect(standIn.calls).toHaveLength(0);
    await tAcknowledgedSocket(app.wsUrl, standIn.login(standIn.addUser(['dispatcher'])));
  });

  test('in a header of HTTP are UNAUTHENTICATED', async () => {
    const { standIn, app } = await tService();
    const { status, body } = await askRaw(app, ['authorization', 'Bearer 1|\u00e9']);
    expect({ status, body }).toEqual({ status: 401, body: expect.stringContaining('"MALFORMED"') });
    expect(standIn.calls).toHaveLength(0);
  });

  test.each([
    ['a header', { path: '', headers: { authorization: 'Bearer 1|漢0' } }],
    ['a path', { path: '/漢', headers: {} }],
  ])('in %s of a call of ours open no circuit and keep no connection', async (_where, { path, headers }) => {
    const standIn = await tMsAuth();
    const settings = { name: 'MS Auth', url: `${standIn.url}/graphql`, timeoutMs: 2_000, maxInFlight: 2 };
    const upstream = new Upstream({ ...settings, log: createLogger('silent'), metrics: createMetrics() });
    const body = { query: '{ me { id } }' };
    const call = { method: 'POST', body, isRead: true } as const;
    for (let count = 0; count < 12; count++)
      await expect(upstream.call({ ...call, path, headers })).rejects.toThrow(TypeError);
    expect(upstream.circuit).toBe('closed');
    expect(await upstream.call({ ...call, path: '' })).toMatchObject({ status: 200 });
    await upstream.close();
  });
});

describe('two Authorization headers', () => {
  test('are BAD_REQUEST over HTTP, also where both are good', async () => {
    const app = await tApp();
    const header = ['authorization', `Bearer ${await app.token()}`];
    expect((await askRaw(app, header)).status).toBe(200);
    const { status, body } = await askRaw(app, [...header, ...header]);
    expect({ status, body }).toEqual({ status: 400, body: expect.stringContaining('"BAD_REQUEST"') });
  });

  test('open no socket', async () => {
    const app = await tApp();
    const good = `Bearer ${await app.token()}`;
    const headers = { authorization: [good, good] } as unknown as Record<string, string>;
    expect(await (await tSocket(app.wsUrl, { headers })).refusal()).toBe(400);
  });
});
