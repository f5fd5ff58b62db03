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
import { tRedis } from '../support/redis.ts';
import type { MsAuthStandIn } from '../support/upstreams/ms-auth.ts';

async function tService(env: Record<string, string> = {}, standIn?: MsAuthStandIn) {
  standIn ??= await tMsAuth();
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
    expect({ status, body }).toEqual({ status: 200, body: expect.stringContaining('"MALFORMED"') });
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

describe('tokens that are made up', () => {
  const limit = 60;
  /** Checks that may be under way when the limit is reached. */
  const overshoot = 9;
  const limited = { RATE_LIMIT_SCALE: '1', REFUSED_TOKENS_PER_MINUTE: String(limit) };

  /** How often each status was answered to tokens that nobody issued. */
  async function spray(app: RunningApp, count: number, first = 0): Promise<Record<number, number>> {
    const statuses: Record<number, number> = {};
    const ids = Array.from({ length: count }, (_, index) => first + index);
    const askOneByOne = async () => {
      for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
        const { status } = await app.ask(board.query, {}, `${id}|made-up`);
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: 40 }, askOneByOne));
    return statuses;
  }

  test('961 of them from one address cost MS Auth about as many calls as the limit says', async () => {
    const { standIn, app } = await tService(limited);
    const known = standIn.login(standIn.addUser(['dispatcher']));
    expect((await app.ask(board.query, {}, known)).status).toBe(200);
    const before = standIn.calls.length;
    const statuses = await spray(app, 961);
    expect(Object.keys(statuses)).toEqual(['401', '429']);
    const calls = standIn.calls.length - before;
    expect(calls).toBeGreaterThanOrEqual(limit);
    expect(statuses[401]).toBeLessThanOrEqual(limit + overshoot);
    expect(calls).toBe(statuses[401]);

    // Who was there before is served; who is new comes back.
    expect((await app.ask(board.query, {}, known)).status).toBe(200);
    const fresh = standIn.login(standIn.addUser(['dispatcher']));
    const turnedAway = await app.ask(board.query, {}, fresh);
    expect(turnedAway).toMatchObject({
      status: 429,
      errors: [{ extensions: { code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) } }],
    });
    expect(await connectWith(app, fresh)).toMatchObject({ code: 1013 });
    expect(await app.metric('dispatch_rate_limited_total')).toBeGreaterThan(0);
  });

  test('good tokens of one address, however many, are not counted against each other', async () => {
    const { standIn, app } = await tService({ ...limited, REFUSED_TOKENS_PER_MINUTE: '2' });
    const tokens = Array.from({ length: 100 }, () => standIn.login(standIn.addUser(['dispatcher'])));
    const answers = await Promise.all(tokens.map((token) => app.ask(board.query, {}, token)));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(standIn.calls).toHaveLength(100);
  });

  test('a flood of them pushes no good token out of memory', async () => {
    const { standIn, app } = await tService();
    const known = standIn.login(standIn.addUser(['dispatcher']));
    await app.ask(board.query, {}, known);
    for (const form of ['a|b|c', '|', '1||2', '|x'])
      expect((await app.ask(board.query, {}, form)).status).toBe(401);
    expect(standIn.calls).toHaveLength(1);
  });

  test('what one process was told is known to the others, without the token', async () => {
    const redis = await tRedis();
    try {
      const { standIn, app } = await tService({ ...limited, REDIS_URL: redis.url });
      const { app: other } = await tService({ ...limited, REDIS_URL: redis.url }, standIn);
      expect((await app.ask(board.query, {}, '7|made-up')).status).toBe(401);
      expect((await other.ask(board.query, {}, '7|made-up')).status).toBe(401);
      expect(standIn.calls).toHaveLength(1);
      await spray(app, 100, 1_000);
      // The other one was told nothing of the address, and learns it by the next refusal.
      const before = standIn.calls.length;
      await spray(other, 100, 2_000);
      expect(standIn.calls.length - before).toBeLessThanOrEqual(overshoot);
      expect(JSON.stringify(await redis.client.keys('*'))).not.toContain('made-up');
      await Promise.all([app.close(), other.close()]);
    } finally {
      await redis.stop();
    }
  });
});
