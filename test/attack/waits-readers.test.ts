/** Proves that whoever does not read is not waited for: their answers are bounded, their connections end, and slow readers go on. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import type { WebSocket } from 'ws';
import type { TestClient } from '../support/test-client.ts';
import { tAcknowledgedSocket, type BareSocket } from '../support/graphql-client.ts';
import { createLargeDispatches, lists } from '../support/large-lists.ts';
import { requestText, tPacedClient, type PacedClient } from '../support/paced-client.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const mebibyte = 1024 * 1024;
const podBytes = 768 * mebibyte;
/** As the image starts it, with half of the pod's memory for old objects, which is what V8 takes of its own accord there. */
const podFlags = '--max-semi-space-size=16 --max-old-space-size=384';
/** An answer of this size is never refused for what others do not read. */
const small = 16 * 1024;

/** 4.8 MB. */
const large = lists(4);

/** A service that ends whoever takes nothing for a second, with a lot to be read. */
async function tLargeService(env: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await tServerProcess({ STALL_TIMEOUT_MS: '1000', NODE_OPTIONS: podFlags, ...env });
  await createLargeDispatches(server.client, 300);
  return server;
}

const unread = (client: TestClient) => client.metric('dispatch_unread_bytes');
const ended = (client: TestClient) => client.metric('dispatch_stalled_connections_ended_total');

/** The most memory that a process had at a time. */
function peakBytes({ pid }: ServerProcess): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

async function askAll(
  server: ServerProcess,
  tokens: readonly string[],
  query: string,
): Promise<PacedClient[]> {
  const clients = await Promise.all(tokens.map(() => tPacedClient(server.url)));
  for (const [index, client] of clients.entries()) client.send(requestText(tokens[index]!, { query }));
  return clients;
}

/** Waits until so many queries were answered, with data or not, and returns the most that waited to be read meanwhile. */
async function mostUnread(client: TestClient, queries: number): Promise<number> {
  let most = 0;
  const isDone = async () => {
    most = Math.max(most, await unread(client));
    const outcomes = ['ok', 'RATE_LIMITED'].map((outcome) =>
      client.metric(`dispatch_http_request_seconds_count{type="query",outcome="${outcome}"}`),
    );
    return (await Promise.all(outcomes)).reduce((sum, count) => sum + count) >= queries;
  };
  await until('all are answered', isDone, 45_000);
  return most;
}

describe('connections that never read an answer of 4.8 MB', () => {
  test('a hundred of one viewer: what waits is bounded, others are served, and all of it ends', async () => {
    const server = await tLargeService();
    const { client } = server;
    const token = await client.token();
    const clients = await askAll(server, Array<string>(100).fill(token), large);
    expect(await mostUnread(client, 100)).toBeLessThanOrEqual(32 * mebibyte);
    expect(await client.metric('dispatch_rate_limited_total{limit="unread"}')).toBeGreaterThan(0);
    const other = await client.token({ sub: 'other' });
    expect((await client.ask(lists(1), {}, other)).status).toBe(200);
    await until('they are ended', async () => (await unread(client)) === 0, 30_000);
    expect(await ended(client)).toBeGreaterThan(0);
    // Who was told to try again may do so now.
    expect((await client.ask(large, {}, token)).status).toBe(200);
    for (const client of clients) client.close();
    expect(peakBytes(server)).toBeLessThan(podBytes);
  });

  test('of as many viewers: what waits for all together is bounded', async () => {
    const server = await tLargeService({
      MAX_UNREAD_BYTES: String(64 * mebibyte),
      STALL_TIMEOUT_MS: '5000',
    });
    const { client } = server;
    const viewers = Array.from({ length: 40 }, (_, index) => client.token({ sub: `viewer-${index}` }));
    await askAll(server, await Promise.all(viewers), large);
    expect(await mostUnread(client, viewers.length)).toBeLessThanOrEqual(
      64 * mebibyte + viewers.length * small,
    );
    expect(await client.metric('dispatch_rate_limited_total{limit="unread"}')).toBeGreaterThan(0);
    // A small answer finds its way past all of them.
    expect((await client.ask('{ despachos(limit: 1) { id } }')).status).toBe(200);
    await until('they are ended', async () => (await unread(client)) === 0, 30_000);
    expect(peakBytes(server)).toBeLessThan(podBytes);
  });
});

/** Reads what comes over a WebSocket at a pace, in place of the socket's own reading. */
function pace({ socket }: BareSocket, everyMs: number): void {
  const { _socket: raw } = socket as WebSocket & { _socket: Socket };
  raw.pause();
  const timer = setInterval(() => {
    raw.once('data', () => raw.pause());
    raw.resume();
  }, everyMs);
  raw.once('close', () => clearInterval(timer));
}

describe('a reader who is slow, and takes longer than may be taken for nothing', () => {
  const slowly = { bytes: 64 * 1024, everyMs: 100 };

  test('gets an answer over HTTP to its end', async () => {
    const server = await tLargeService();
    const [client] = await askAll(server, [await server.client.token()], large);
    client!.read(slowly);
    await client!.until((text) => /\]\}\}\s*$/.test(text));
    expect(client!.text).toMatch(/^HTTP\/1.1 200 /);
    expect(await ended(server.client)).toBe(0);
  });

  test('gets it over a WebSocket, with pings that come behind it', async () => {
    const server = await tLargeService({ KEEP_ALIVE_MS: '1000' });
    const socket = await tAcknowledgedSocket(server.wsUrl, await server.client.token());
    pace(socket, slowly.everyMs);
    socket.send({ id: '1', type: 'subscribe', payload: { query: large } });
    expect(await socket.message('next', '1')).toMatchObject({ payload: { data: expect.anything() } });
    await socket.message('complete', '1');
    expect(await ended(server.client)).toBe(0);
  });
});
