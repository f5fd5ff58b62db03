/** Proves that a client that stops reading harms neither other clients nor the memory, and can resume. */
import type { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import type { WebSocket } from 'ws';
import { tApp } from '../support/app.ts';
import { subscribe, tAcknowledgedSocket, tClient, type BareSocket } from '../support/graphql-client.ts';
import { assign, createDispatch, dispatchUpdated, move, type Update } from '../support/operations.ts';

const others = 1000;
const outboxMaxBytes = 256 * 1024;

/** About 60 KB per event. */
const large = Array.from({ length: 30 }, (_, index) => `d${index}: dispatch { observaciones }`).join(' ');
const largeUpdates = `subscription ($id: ID!, $after: Cursor) { dispatchUpdated(id: $id, after: $after) { cursor dispatch { version } ${large} } }`;

const rawSocket = (socket: BareSocket) => (socket.socket as WebSocket & { _socket: Socket })._socket;

test('one stopped reader among a thousand', async () => {
  const app = await tApp({
    OUTBOX_MAX_BYTES: String(outboxMaxBytes),
    MAX_CONNECTIONS_PER_VIEWER: '5000',
    MAX_ALIASES: '100',
  });
  const token = await app.token();
  const id = await createDispatch(app, { observaciones: 'x'.repeat(2000) });
  const readers: BareSocket[] = [];
  for (let index = 0; index < others; index += 1) {
    const reader = await tAcknowledgedSocket(app.wsUrl, token);
    reader.send({ id: '1', type: 'subscribe', payload: { query: dispatchUpdated, variables: { id } } });
    readers.push(reader);
  }
  const stopped = await tAcknowledgedSocket(app.wsUrl, token);
  // Many large streams on one socket, since the kernel buffers much for it.
  for (let index = 0; index < 100; index += 1)
    stopped.send({ id: `s${index}`, type: 'subscribe', payload: { query: largeUpdates, variables: { id } } });
  await stopped.until(() => stopped.messages.filter(({ type }) => type === 'next').length === 100);
  await Promise.all(readers.map((reader) => reader.message('next', '1')));

  rawSocket(stopped).pause();
  let version = 1;
  while ((await app.metric('dispatch_slow_readers_closed_total')) === 0) {
    await assign(app, id, `A-${version}`);
    version += 1;
    expect(await app.metric('dispatch_outbox_bytes')).toBeLessThanOrEqual(outboxMaxBytes + 100_000);
    // No other client waits for the one that stopped.
    await Promise.all(readers.map((reader) => reader.until(() => reader.messages.length === version + 1)));
  }
  for (const reader of readers)
    expect(reader.messages.slice(1).map(({ payload }) => versionIn(payload))).toEqual(countTo(version));

  rawSocket(stopped).resume();
  expect(await stopped.closed()).toMatchObject({ code: 1013 });
  const seen = stopped.messages
    .filter((message) => message['id'] === 's7')
    .map(({ payload }) => versionIn(payload));
  expect(seen).toEqual(countTo(seen.length));
  expect(seen.length).toBeLessThan(version);

  // When it is back with its cursor, it gets everything that it missed, once.
  const last = stopped.messages.findLast((message) => message['id'] === 's7')!;
  const after = (last['payload'] as { data: { dispatchUpdated: { cursor: string } } }).data.dispatchUpdated
    .cursor;
  const back = subscribe<Update>(tClient(app.wsUrl, token), largeUpdates, { id, after });
  await move(app, id, 'CANCELADO');
  await back.until((events) => events.at(-1)?.dispatch.version === version + 1);
  expect([...seen, ...back.events.map(({ dispatch }) => dispatch.version)]).toEqual(countTo(version + 1));
}, 120_000);

const versionIn = (payload: unknown) =>
  (payload as { data: { dispatchUpdated: { dispatch: { version: number } } } }).data.dispatchUpdated.dispatch
    .version;

const countTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
