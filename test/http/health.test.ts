/** Proves that the probes say truly whether the process is alive and whether it can serve, and to whom they say why not. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Readiness } from '../../src/http/health/readiness.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { tApp } from '../support/app.ts';
import { ManualClock } from '../support/clock.ts';
import { post, send } from '../support/http.ts';
import { tIssuer, tKey } from '../support/issuer.ts';
import { tLogLines } from '../support/log-lines.ts';
import { freePort } from '../support/server-process.ts';
import { tPostgres } from '../support/postgres.ts';
import { tRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
const detailsToken = 'details-pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz';
/** What readiness says to whoever shows the token for its details. */
const askInDetail = (url: string) =>
  send(`${url}/health/ready`, { headers: { authorization: `Bearer ${detailsToken}` } });
const withDetails = { HEALTH_DETAILS_TOKEN: detailsToken };

describe('with the embedded defaults', () => {
  test('it is alive and ready', async () => {
    const app = await tApp(withDetails);
    const live = await send(`${app.url}/health/live`);
    expect({ status: live.status, json: live.json }).toEqual({
      status: 200,
      json: { status: 'alive', version },
    });
    const ready = await askInDetail(app.url);
    expect({ status: ready.status, json: ready.json }).toEqual({
      status: 200,
      json: { status: 'ready', dependencies: { record: 'ok' } },
    });
  });

  test('a probe by HEAD is answered too', async () => {
    const app = await tApp();
    expect((await send(`${app.url}/health/ready`, { method: 'HEAD' })).status).toBe(200);
  });
});

describe('the details of readiness', () => {
  const refusals = [
    ['nothing', {}],
    ['another token', { authorization: 'Bearer details' }],
    ['a part of the token', { authorization: `Bearer ${detailsToken.slice(0, -1)}` }],
    ['the token without its scheme', { authorization: detailsToken }],
  ] as const;

  test.each(refusals)('are for nobody who shows %s: ready', async (_what, headers) => {
    const app = await tApp(withDetails);
    const { status, json } = await send(`${app.url}/health/ready`, { headers });
    expect({ status, json }).toEqual({ status: 200, json: { status: 'ready' } });
  });

  test('are for nobody who shows no token or another one: not ready', async () => {
    await using redis = await tRedis();
    await redis.kill();
    const app = await tApp({ REDIS_URL: redis.url, ...withDetails });
    for (const [what, headers] of refusals) {
      const { status, json } = await send(`${app.url}/health/ready`, { headers });
      expect({ what, status, json }).toEqual({ what, status: 503, json: { status: 'not ready' } });
    }
  });

  test('are for nobody at all where there is no token for them, whatever is shown', async () => {
    const app = await tApp();
    for (const shown of [detailsToken, await app.token({ role: 'system' }), '']) {
      const headers = { authorization: `Bearer ${shown}` };
      expect((await send(`${app.url}/health/ready`, { headers })).json).toEqual({ status: 'ready' });
    }
  });

  test('are at METRICS_PORT for whoever reaches it, and metrics there alone', async () => {
    const [port, metricsPort] = [await freePort(), await freePort()];
    const app = await tApp({ PORT: String(port), METRICS_PORT: String(metricsPort) });
    const inside = `http://127.0.0.1:${metricsPort}`;
    expect((await send(`${inside}/health/ready`)).json).toEqual({
      status: 'ready',
      dependencies: { record: 'ok' },
    });
    expect((await send(`${inside}/metrics`)).text).toContain(
      'dispatch_dependency_ready{dependency="record"} 1',
    );
    expect((await send(`${app.url}/health/ready`)).json).toEqual({ status: 'ready' });
    for (const [origin, path] of [
      [app.url, '/metrics'],
      [inside, '/graphql'],
      [inside, '/'],
    ] as const)
      expect([path, (await send(`${origin}${path}`)).status]).toEqual([path, 404]);
    await app.close();
    await expect(fetch(`${inside}/health/live`)).rejects.toThrow();
  });
});

test('with Redis away that was there: the details name it, and the answer stays yes', async () => {
  await using redis = await tRedis();
  const app = await tApp({ REDIS_URL: redis.url, ...withDetails });
  const readiness = async () => {
    const { status, json } = await askInDetail(app.url);
    return { status, dependencies: json['dependencies'] as Record<string, string> };
  };
  await until('it is ready', async () => (await readiness()).status === 200);
  await redis.kill();
  await until('readiness notices', async () => (await readiness()).dependencies['redis'] !== 'ok');
  const { status, dependencies } = await readiness();
  expect({ status, dependencies }).toMatchObject({
    status: 200,
    dependencies: { record: 'ok', redis: expect.stringMatching(/failed|timeout/) },
  });
  expect((await send(`${app.url}/metrics`)).text).toContain(
    'dispatch_dependency_ready{dependency="redis"} 0',
  );
  expect((await send(`${app.url}/health/live`)).status).toBe(200);
  await redis.restart();
  await until('all is well again', async () => (await readiness()).dependencies['redis'] === 'ok');
}, 60_000);

test('with a Redis that hangs: the probe answers in time, however many ask', async () => {
  await using redis = await tRedis();
  const app = await tApp({ REDIS_URL: redis.url, ...withDetails });
  await until('it is ready', async () => (await send(`${app.url}/health/ready`)).status === 200);
  await redis.kill('SIGSTOP');
  const states = async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => askInDetail(app.url)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    return answers.map(({ json }) => (json['dependencies'] as Record<string, string>)['redis']!);
  };
  await until('it is noticed', async () => (await states()).every((state) => /failed|timeout/.test(state)));
  await redis.kill('SIGCONT');
  await until('all is well again', async () => (await states()).every((state) => state === 'ok'));
}, 60_000);

test('with PostgreSQL away that was there: the details name it, and requests get an error that says to try again, without details', async () => {
  const postgres = await tPostgres();
  const app = await tApp({ DATABASE_URL: await postgres.createDatabase(), ...withDetails });
  expect((await send(`${app.url}/health/ready`)).status).toBe(200);
  const token = await app.token();
  expect((await post(app, { body: { query: '{ despachos { id } }' }, token })).status).toBe(200);
  await postgres.stop();
  const ready = await until('it is noticed', async () => {
    const answer = await askInDetail(app.url);
    return (answer.json['dependencies'] as Record<string, string>)['record'] === 'ok' ? undefined : answer;
  });
  expect(ready.status).toBe(200);
  expect(ready.json).toMatchObject({
    status: 'ready',
    dependencies: { record: expect.stringMatching(/failed|timeout/) },
  });
  const { code, text, json } = await post(app, { body: { query: '{ despachos { id } }' }, token });
  expect(code).toBe('UPSTREAM_UNAVAILABLE');
  expect(json.errors![0]!.message).toBe('The record cannot be reached at the moment.');
  expect(text).not.toMatch(/ECONN|terminat|connect|postgres|select|stack/i);
}, 60_000);

describe('before everything has worked once, it is not ready', () => {
  const readiness = async (url: string) => {
    const { status, json } = await askInDetail(url);
    return { status, dependencies: json['dependencies'] as Record<string, string> };
  };

  test('with a Redis that is full, until there is room', async () => {
    await using redis = await tRedis();
    await redis.client.config('SET', 'maxmemory', '1');
    const app = await tApp({ REDIS_URL: redis.url, ...withDetails });
    expect(await readiness(app.url)).toEqual({
      status: 503,
      dependencies: { record: 'ok', redis: 'failed' },
    });
    await redis.client.config('SET', 'maxmemory', '0');
    await until('it is ready', async () => (await readiness(app.url)).status === 200);
    // Full again, as for all others: that is no reason to send nobody here.
    await redis.client.config('SET', 'maxmemory', '1');
    await until('it is noticed', async () => (await readiness(app.url)).dependencies['redis'] === 'failed');
    expect((await readiness(app.url)).status).toBe(200);
    expect((await send(`${app.url}/metrics`)).text).toContain(
      'dispatch_dependency_ready{dependency="redis"} 0',
    );
  }, 60_000);

  test('with a user of Redis who may not use its channels', async () => {
    await using redis = await tRedis();
    await redis.client.call('ACL', 'SETUSER', 'service', 'on', '>hush', '~*', '+@all', 'resetchannels');
    const url = redis.url.replace('://', '://service:hush@');
    const app = await tApp({ REDIS_URL: url, ...withDetails });
    expect(await readiness(app.url)).toEqual({
      status: 503,
      dependencies: { record: 'ok', redis: 'failed' },
    });
  });

  test('without the keys that tokens are verified with, until the issuer is there', async () => {
    const issuer = await tIssuer(await tKey('first'));
    issuer.answerWith(503, 'later');
    const app = await tApp({ JWKS_URL: issuer.url, ...withDetails });
    expect(await readiness(app.url)).toEqual({
      status: 503,
      dependencies: { record: 'ok', tokens: 'failed' },
    });
    issuer.publish(await tKey('second'));
    await until('it is ready', async () => (await readiness(app.url)).status === 200);
  });
});

test('the log has a line when something goes away, and one when it is back, however often somebody asks', async () => {
  const [clock, { log, lines }] = [new ManualClock(), tLogLines()];
  let isAway = false;
  const readiness = new Readiness({
    checks: {
      record: () => Promise.resolve(),
      redis: () => (isAway ? Promise.reject(new Error('connect ECONNREFUSED')) : Promise.resolve()),
    },
    findOwnTrouble: () => Promise.resolve(null),
    ...{ timeoutMs: 1_000, clock, log, metrics: createMetrics() },
  });
  const askOften = async () => {
    for (let time = 0; time < 20; time++) {
      await readiness.report();
      await clock.advance(1_000);
    }
  };
  await askOften();
  expect(lines).toEqual([]);
  for (const away of [true, false, true]) {
    isAway = away;
    await askOften();
  }
  expect(lines.map(({ level, dependency, msg }) => `${level} ${String(dependency)}: ${msg}`)).toEqual([
    '40 redis: a dependency is not ready',
    '30 redis: a dependency is ready again',
    '40 redis: a dependency is not ready',
  ]);
});
