/** Proves that an outage is told in the way after which clients come back, whatever they ask over, and that they are served when it is over. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { tCuttable } from '../support/cuttable-service.ts';
import { tEventClient, tEventStream } from '../support/event-stream.ts';
import { tEventSource } from '../support/event-source.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { post } from '../support/http.ts';
import { tMsAuth } from '../support/ms-despacho-repositories.ts';
import { assign, createDispatch, dispatchUpdated, type Update } from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const addressOf = ({ url }: RunningApp, id: string) =>
  `${url}/graphql?${new URLSearchParams({ query: dispatchUpdated, variables: JSON.stringify({ id }) })}`;

describe('PostgreSQL is away', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await tPostgres();
  });
  afterAll(() => postgres.stop());

  test('event streams are refused with 503 and Retry-After, or cut where only that brings their client back', async () => {
    const { app, database } = await tCuttable(postgres);
    const id = await createDispatch(app);
    const token = await app.token();
    await database.cut();
    const body = { query: dispatchUpdated, variables: { id } };
    const refused = await tEventStream(`${app.url}/graphql`, { token, body });
    expect(refused.status).toBe(503);
    expect(Number(refused.response.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    const cut = await tEventStream(addressOf(app, id), { token });
    expect(cut.status).toBe(200);
    expect((await cut.over()).text).toMatch(/^retry: \d+\n\n$/);
    expect(cut.response.complete).toBe(false);
    expect(await app.metric('dispatch_turned_away_total{why="subscribe"}')).toBe(2);

    let attempts = 0;
    const client = tEventClient(app.url, token, {
      retryAttempts: Infinity,
      retry: async () => {
        attempts += 1;
        await app.metric('dispatch_turned_away_total');
      },
    });
    const shown = subscribe<Update>(client, dispatchUpdated, { id });
    const source = tEventSource<{ dispatchUpdated: Update }>(addressOf(app, id), token);
    await until('both came back in vain', () => attempts >= 2 && source.errors >= 2, 20_000);
    database.mend();
    await shown.until((events) => events.length === 1);
    await until('the EventSource is live', () => source.shown.length === 1, 20_000);
    await assign(app, id);
    await shown.until((events) => events.length === 2);
    await until('so it stays', () => source.shown.length === 2);
    expect(shown.failures).toEqual([]);
    shown.unsubscribe();
  }, 60_000);

  test('a query has its code, and says when to ask again', async () => {
    const { app, database } = await tCuttable(postgres);
    await database.cut();
    const answer = await post(app, { body: { query: '{ despachos { id } }' } });
    expect(answer).toMatchObject({ status: 200, code: 'UPSTREAM_UNAVAILABLE', json: { data: null } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    database.mend();
  }, 60_000);
});

test('MS Auth is away: whoever connects is closed with 1013, and is served when it is back', async () => {
  const standIn = await tMsAuth();
  const app = await tApp({ MS_AUTH_URL: standIn.url, MS_AUTH_TIMEOUT_MS: '500' });
  const id = await createDispatch(app);
  const token = standIn.login(standIn.addUser(['dispatcher']));
  await standIn.goDown();
  const codes: unknown[] = [];
  const client = tClient(app.wsUrl, token, {
    retryAttempts: Infinity,
    retryWait: async () => void (await app.metric('dispatch_ws_connections')),
  });
  client.on('closed', (event) => codes.push((event as { code?: unknown }).code));
  const shown = subscribe<Update>(client, dispatchUpdated, { id });
  await until('it came back in vain', () => codes.length >= 2, 20_000);
  expect(new Set(codes)).toEqual(new Set([1013]));
  await standIn.comeBack();
  await shown.until((events) => events.length === 1);
  expect(shown.failures).toEqual([]);
  shown.unsubscribe();
}, 60_000);

test('MS Auth is away: a request is 200 with its code as plain JSON, 503 for whoever asks for statuses, and says when to ask again', async () => {
  const standIn = await tMsAuth();
  const app = await tApp({ MS_AUTH_URL: standIn.url, MS_AUTH_TIMEOUT_MS: '500' });
  const token = standIn.login(standIn.addUser(['dispatcher']));
  await standIn.goDown();
  for (const [accept, status] of [
    ['application/json', 200],
    ['application/graphql-response+json', 503],
  ] as const) {
    const answer = await post(app, { token, body: { query: '{ despachos { id } }' }, headers: { accept } });
    expect(answer).toMatchObject({ status, code: 'UPSTREAM_UNAVAILABLE' });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  }
});

test('a stream that is cut ends on the wire with all that was written, without its last chunk and without a reset', async () => {
  const app = await tApp();
  const id = await createDispatch(app);
  const { port, hostname } = new URL(app.url);
  const wire = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  const failures: Error[] = [];
  wire.on('error', (error) => failures.push(error));
  let said = '';
  wire.setEncoding('utf8').on('data', (text: string) => (said += text));
  const body = JSON.stringify({ query: dispatchUpdated, variables: { id } });
  const head = [
    'POST /graphql HTTP/1.1',
    'host: h',
    'accept: text/event-stream',
    'content-type: application/json',
  ];
  head.push(`authorization: Bearer ${await app.token()}`, `content-length: ${body.length}`);
  wire.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  await until('it has begun', () => said.includes('event: next'));
  // From here on it reads nothing, until the stream was cut.
  wire.pause();
  for (let change = 1; change <= 50; change += 1) await assign(app, id, `A-${change}`);
  await until('all was written', async () => (await app.metric('dispatch_outbox_bytes')) === 0);
  const ended = new Promise((resolve) => wire.once('end', resolve));
  const closing = app.close();
  await until('it is cut', async () => (await app.metric('dispatch_event_streams').catch(() => 0)) === 0);
  wire.resume();
  await ended;
  wire.end();
  await closing;
  expect(failures).toEqual([]);
  expect(said.match(/event: next/g)).toHaveLength(51);
  expect(said).not.toContain('event: complete');
  expect(said).not.toMatch(/\r\n0\r\n\r\n$/);
});
