/** Proves that the probes say truly whether the process is alive and whether it can serve. */
import { describe, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { post, send } from '../support/http.ts';
import { tPostgres } from '../support/postgres.ts';
import { tRedis } from '../support/redis.ts';
import { until } from '../support/until.ts';

describe('with the embedded defaults', () => {
  test('it is alive and ready', async () => {
    const app = await tApp();
    const live = await send(`${app.url}/health/live`);
    expect({ status: live.status, json: live.json }).toEqual({ status: 200, json: { status: 'alive' } });
    const ready = await send(`${app.url}/health/ready`);
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

test('with Redis away: the probe names it, requests are served nevertheless, and all is well when it is back', async () => {
  await using redis = await tRedis();
  const app = await tApp({ REDIS_URL: redis.url });
  const readiness = async () => {
    const { status, json } = await send(`${app.url}/health/ready`);
    return { status, dependencies: json['dependencies'] };
  };
  await until('it is ready', async () => (await readiness()).status === 200);
  await redis.kill();
  await until('readiness notices', async () => (await readiness()).status === 503);
  const { dependencies } = await readiness();
  expect(dependencies).toMatchObject({ record: 'ok', redis: expect.stringMatching(/failed|timeout/) });
  expect((await send(`${app.url}/health/live`)).status).toBe(200);
  await redis.restart();
  await until('it is ready again', async () => (await readiness()).status === 200);
}, 60_000);

test('with a Redis that hangs: the probe answers in time, however many ask', async () => {
  await using redis = await tRedis();
  const app = await tApp({ REDIS_URL: redis.url });
  await until('it is ready', async () => (await send(`${app.url}/health/ready`)).status === 200);
  await redis.kill('SIGSTOP');
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(`${app.url}/health/ready`)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
  expect(answers[0]!.json['dependencies']).toMatchObject({
    record: 'ok',
    redis: expect.stringMatching(/failed|timeout/),
  });
  await redis.kill('SIGCONT');
  await until('it is ready again', async () => (await send(`${app.url}/health/ready`)).status === 200);
}, 60_000);

test('with PostgreSQL away: not ready, and requests get an error that says to try again, without details', async () => {
  const postgres = await tPostgres();
  const app = await tApp({ DATABASE_URL: await postgres.createDatabase() });
  expect((await send(`${app.url}/health/ready`)).status).toBe(200);
  const token = await app.token();
  expect((await post(app, { body: { query: '{ despachos { id } }' }, token })).status).toBe(200);
  await postgres.stop();
  const ready = await send(`${app.url}/health/ready`);
  expect(ready.status).toBe(503);
  expect(ready.json).toMatchObject({
    status: 'not ready',
    dependencies: { record: expect.stringMatching(/failed|timeout/) },
  });
  const { code, text, json } = await post(app, { body: { query: '{ despachos { id } }' }, token });
  expect(code).toBe('UPSTREAM_UNAVAILABLE');
  expect(json.errors![0]!.message).toBe('The record cannot be reached at the moment.');
  expect(text).not.toMatch(/ECONN|terminat|connect|postgres|select|stack/i);
}, 60_000);
