/** Proves that a request is read in one way, whichever transport brings it and however its URL is written. */
import { Agent, request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import { subscribe, tAcknowledgedSocket, tClient } from '../support/graphql-client.ts';
import { tApp, type RunningApp } from '../support/app.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Asked {
  readonly path: string;
  readonly query: string;
  /** Left out where undefined. */
  readonly operationName?: string | null | undefined;
}

const agent = new Agent({ keepAlive: true });
afterEach(() => agent.destroy());

async function send(
  app: RunningApp,
  path: string,
  { method = 'POST', body, accept = 'application/json' }: { method?: string; body?: string; accept?: string },
): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${await app.token()}`,
    'content-type': 'application/json',
    accept,
  };
  const sent = request(`${app.url}${path}`, { method, headers, agent }).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode!, text: await text(response) };
}

/** Each resolves with the text in which the data of the answer is. */
const transports: Readonly<Record<string, (app: RunningApp, asked: Asked) => Promise<string>>> = {
  POST: async (app, { path, ...body }) => (await send(app, path, { body: JSON.stringify(body) })).text,
  GET: async (app, { path, query, operationName }) => {
    const search = new URLSearchParams({ query });
    if (operationName !== undefined) search.set('operationName', operationName ?? '');
    return (await send(app, `${path}?${search}`, { method: 'GET' })).text;
  },
  'an event stream': async (app, { path, ...body }) =>
    (await send(app, path, { body: JSON.stringify(body), accept: 'text/event-stream' })).text,
  'a WebSocket': async (app, { path, ...payload }) => {
    const url = `${app.url.replace('http', 'ws')}${path}`;
    const socket = await tAcknowledgedSocket(url, await app.token());
    socket.send({ type: 'subscribe', id: '1', payload });
    await socket.until(() => socket.messages.some(({ type }) => type === 'complete' || type === 'error'));
    return JSON.stringify(socket.messages);
  },
};

const alone = '{ __typename }';
const one = 'query One { __typename }';

describe.each(Object.keys(transports))('over %s', (name) => {
  const ask = transports[name]!;

  test.each([
    ['no name', undefined, alone],
    ['null', null, alone],
    ['an empty name', '', alone],
    ['an empty name, where the one operation has a name', '', one],
    ['its name', 'One', one],
  ])('an operation is found by %s', async (_what, operationName, query) => {
    const app = await tApp();
    expect(await ask(app, { path: '/graphql', query, operationName })).toContain('"__typename":"Query"');
  });

  test('an empty name chooses none of two operations', async () => {
    const app = await tApp();
    const query = 'query One { __typename } query Two { __typename }';
    const answer = await ask(app, { path: '/graphql', query, operationName: '' });
    expect(answer).toContain('must have exactly one operation');
    expect(await ask(app, { path: '/graphql', query, operationName: 'Two' })).toContain(
      '"__typename":"Query"',
    );
  });

  test('a slash at the end of the path changes nothing', async () => {
    const app = await tApp();
    expect(await ask(app, { path: '/graphql/', query: alone })).toContain('"__typename":"Query"');
  });
});

test('with a slash at the end streams go on, other methods are refused, and more than a slash leads nowhere', async () => {
  const app = await tApp();
  const shown = subscribe<{ cursor: string }>(
    tClient(`${app.wsUrl}/`, await app.token()),
    'subscription { dispatchesUpdated { cursor } }',
  );
  const point = '{ latitud: 1, longitud: 1 }';
  const create = { query: `mutation { createDispatch(input: { origen: ${point} }) { id } }` };
  while (shown.events.length === 0) await send(app, '/graphql/', { body: JSON.stringify(create) });
  expect((await send(app, '/graphql/', { method: 'PUT', body: '{}' })).status).toBe(405);
  expect((await send(app, '/graphql/x', { body: JSON.stringify(create) })).status).toBe(404);
  expect((await send(app, '/health/live/', { method: 'GET' })).status).toBe(200);
});

test('a connection stays open for another request for as long as HTTP_IDLE_TIMEOUT_MS says, and no longer', async () => {
  const idleMs = 1_000;
  const app = await tApp({ HTTP_IDLE_TIMEOUT_MS: String(idleMs) });
  // Not by an agent, which closes what may be closed soon.
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(app.url).port) });
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  const ended = once(socket, 'end');
  const answered = once(socket, 'data');
  socket.write('GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await answered;
  const idleSince = performance.now();
  await ended;
  expect((performance.now() - idleSince) / idleMs).toBeGreaterThan(0.8);
  expect(answer).toMatch(/^HTTP\/1\.1 200[^]*keep-alive: timeout=1\r\n/i);
});
