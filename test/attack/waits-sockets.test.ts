/** Proves what a WebSocket carries for whoever reads, what it keeps for whoever does not, and what an operation may be called. */
import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import type { WebSocket } from 'ws';
import { tApp, type RunningApp } from '../support/app.ts';
import { tAcknowledgedSocket, type BareSocket } from '../support/graphql-client.ts';
import { createLargeDispatches, lists } from '../support/large-lists.ts';
import { assign, createDispatch, dispatchUpdated } from '../support/operations.ts';
import { requestText, tPacedClient } from '../support/paced-client.ts';
import { until } from '../support/until.ts';

/** More than may wait for a socket, and more than its system buffers. */
const outboxBytes = 64 * 1024;
const listLength = 30;
/** 3.6 MB. */
const large = lists(30, listLength);
/** 240 KB. */
const medium = lists(2, listLength);

async function tLargeApp(env: Record<string, string> = {}): Promise<RunningApp> {
  const app = await tApp({ OUTBOX_MAX_BYTES: String(outboxBytes), ...env });
  await createLargeDispatches(app, listLength);
  return app;
}

const rawSocket = ({ socket }: BareSocket) => (socket as WebSocket & { _socket: Socket })._socket;
const unread = (app: RunningApp) => app.metric('dispatch_unread_bytes');
const ended = (app: RunningApp) => app.metric('dispatch_stalled_connections_ended_total');

/** Asks over a socket, with the given ids at once. */
function askAll(socket: BareSocket, ids: readonly string[], query: string, variables = {}): void {
  for (const id of ids) socket.send({ id, type: 'subscribe', payload: { query, variables } });
}

const isOver = (socket: BareSocket, ids: readonly string[]) => () =>
  ids.every((id) => socket.messages.some(({ id: of, type }) => of === id && type !== 'next'));

describe('whoever reads', () => {
  test('gets answers that are larger than what may wait, however many at once', async () => {
    const app = await tLargeApp();
    const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
    const ids = Array.from({ length: 20 }, (_, index) => `q${index}`);
    askAll(socket, ids, medium);
    askAll(socket, ['large'], large);
    await socket.until(isOver(socket, [...ids, 'large']));
    for (const id of [...ids, 'large'])
      expect(socket.messages.filter((message) => message['id'] === id).map(({ type }) => type)).toEqual([
        'next',
        'complete',
      ]);
    await until('nothing waits', async () => (await unread(app)) === 0);
  });

  test('gets an event that is', async () => {
    const app = await tLargeApp();
    const id = await createDispatch(app, { observaciones: 'ñ'.repeat(2_000) });
    const fields = Array.from({ length: 29 }, (_, at) => `d${at}: dispatch { observaciones }`);
    const query = dispatchUpdated.replace('{ cursor', `{ ${fields.join(' ')} cursor`);
    const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
    askAll(socket, ['1'], query, { id });
    await socket.message('next', '1');
    await assign(app, id);
    await socket.until(() => socket.messages.filter(({ type }) => type === 'next').length === 2);
  });
});

describe('whoever does not read', () => {
  test('has so much waiting, and is refused the rest', async () => {
    const app = await tLargeApp({ MAX_UNREAD_BYTES_PER_VIEWER: String(4 * 1024 * 1024) });
    const token = await app.token();
    const socket = await tAcknowledgedSocket(app.wsUrl, token);
    rawSocket(socket).pause();
    // The first is what the system takes of it, the second what waits here.
    askAll(socket, ['1', '2'], large);
    await until('one waits', async () => (await unread(app)) > 1024 * 1024);
    const refused = {
      message: expect.any(String),
      extensions: { code: 'RATE_LIMITED', retryAfterMs: 1_000 },
    };
    expect(await app.ask(lists(1, 1), {}, token)).toMatchObject({ status: 200 });
    expect(await app.ask(large, {}, token)).toEqual({ status: 429, errors: [refused] });
    askAll(socket, ['3'], large);
    rawSocket(socket).resume();
    expect(await socket.message('error', '3')).toMatchObject({ payload: [refused] });
    await socket.until(isOver(socket, ['1', '2']));
  });

  test('is not waited for, though they send', async () => {
    const app = await tLargeApp({ STALL_TIMEOUT_MS: '400' });
    const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
    rawSocket(socket).pause();
    const pinging = setInterval(() => socket.send({ type: 'ping' }), 20);
    askAll(socket, ['1', '2'], large);
    await until('it is ended', async () => (await ended(app)) === 1);
    clearInterval(pinging);
    await until('nothing waits', async () => (await unread(app)) === 0);
    expect(await app.metric('dispatch_ws_connections')).toBe(0);
  });

  test('is not waited for over Server-Sent Events', async () => {
    const app = await tLargeApp({ STALL_TIMEOUT_MS: '400', OUTBOX_MAX_BYTES: String(64 * 1024 * 1024) });
    const id = await createDispatch(app, { observaciones: 'ñ'.repeat(2_000) });
    const fields = Array.from({ length: 29 }, (_, at) => `d${at}: dispatch { observaciones }`);
    const query = dispatchUpdated.replace('{ cursor', `{ ${fields.join(' ')} cursor`);
    const client = await tPacedClient(app.url);
    const accept = ['accept: text/event-stream'];
    client.send(requestText(await app.token(), { query, variables: { id } }, accept));
    await until('it is open', async () => (await app.metric('dispatch_event_streams')) === 1);
    for (let changes = 1; (await ended(app)) === 0; changes += 1) await assign(app, id, `A-${changes}`);
    expect(await app.metric('dispatch_event_streams')).toBe(0);
    expect(await unread(app)).toBe(0);
  });
});

describe('an operation id', () => {
  const ask = async (app: RunningApp, id: string) => {
    const socket = await tAcknowledgedSocket(app.wsUrl, await app.token());
    socket.send({ id, type: 'subscribe', payload: { query: '{ despachos { id } }' } });
    return socket;
  };

  test.each(['constructor', '__proto__', 'toString', 'ñ'.repeat(64)])('may be %j', async (id) => {
    const app = await tApp();
    const socket = await ask(app, id);
    await socket.message('complete', id);
    socket.send({ id, type: 'subscribe', payload: { query: '{ despachos { id } }' } });
    await socket.until(() => socket.messages.filter(({ type }) => type === 'complete').length === 2);
  });

  test.each(['x'.repeat(129), 'ñ'.repeat(65), 'x'.repeat(60_000)])('may have 128 bytes', async (id) => {
    const app = await tApp();
    const reason = 'An operation id has at most 128 bytes.';
    expect(await (await ask(app, id)).closed()).toEqual({ code: 4400, reason });
  });
});
