/** Proves how far a compressed body is read, and when a request that never ends does. */
import { readFileSync } from 'node:fs';
import * as zlib from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { expectToServeOthers, post } from '../support/http.ts';
import { requestText, tPacedClient } from '../support/paced-client.ts';
import { tServerProcess } from '../support/server-process.ts';

const encoders: Readonly<Record<string, (body: string | Buffer) => Buffer>> = {
  gzip: zlib.gzipSync,
  br: (body) => zlib.brotliCompressSync(body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }),
  deflate: zlib.deflateSync,
  zstd: zlib.zstdCompressSync,
};
const names = Object.keys(encoders);
const query = '{ despachos { id } }';
const maxBytes = 524_288;

/** A request of so many bytes, once it is inflated. */
function padded(bytes: number): string {
  const empty = JSON.stringify({ query: `${query} # ` });
  return JSON.stringify({ query: `${query} # ${'x'.repeat(bytes - empty.length)}` });
}

describe('a compressed body', () => {
  test.each(names)('is taken: %s', async (encoding) => {
    const app = await tApp();
    const answer = await post(app, {
      body: encoders[encoding]!(JSON.stringify({ query })),
      headers: { 'content-encoding': encoding },
    });
    expect(answer).toMatchObject({ status: 200, json: { data: { despachos: [] } } });
  });

  test.each([
    ['deflate without a header, as Apollo Router sends it', 'deflate', zlib.deflateRawSync],
    ['x-gzip', 'x-gzip', zlib.gzipSync],
    ['in capitals', 'GZIP', zlib.gzipSync],
    ['that is not compressed at all', 'identity', (body: string) => Buffer.from(body)],
    ['in two parts', 'gzip', (body: string) => Buffer.concat([zlib.gzipSync(body), zlib.gzipSync(' ')])],
  ])('is taken: %s', async (_what, encoding, encode) => {
    const app = await tApp();
    const body = encode(JSON.stringify({ query }));
    expect(await post(app, { body, headers: { 'content-encoding': encoding } })).toMatchObject({
      status: 200,
    });
  });

  test.each(names)('may inflate to as much as any body has, and to no byte more: %s', async (encoding) => {
    const app = await tApp();
    const send = (bytes: number) =>
      post(app, {
        body: encoders[encoding]!(padded(bytes)),
        headers: { 'content-encoding': encoding },
      });
    expect((await send(maxBytes)).status).toBe(200);
    expect(await send(maxBytes + 1)).toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE' });
  });

  test.each(['compress', 'gzip, gzip', 'br, gzip', 'toString', '*', 'gzip;q=1'])(
    'is refused where it is encoded otherwise: %s',
    async (encoding) => {
      const app = await tApp();
      const body = zlib.gzipSync(JSON.stringify({ query }));
      const answer = await post(app, { body, headers: { 'content-encoding': encoding } });
      expect(answer).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
      expect(answer.headers.get('accept-encoding')).toBe('gzip, br, deflate, zstd');
    },
  );

  test.each(
    names.flatMap(
      (name) =>
        [
          [name, 'broken'],
          [name, 'cut off'],
          [name, 'empty'],
        ] as const,
    ),
  )('is refused where it is none: %s, %s', async (encoding, how) => {
    const app = await tApp();
    const whole = encoders[encoding]!(JSON.stringify({ query }));
    const bodies = {
      broken: Buffer.from('{"query":"{ despachos { id } }"}'),
      'cut off': whole.subarray(0, whole.length - 6),
      empty: Buffer.from(''),
    };
    const answer = await post(app, { body: bodies[how], headers: { 'content-encoding': encoding } });
    expect(answer).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
    await expectToServeOthers(app);
  });

  test.each(names)('that is a bomb ends at the bound: %s, 100 at once', async (encoding) => {
    const server = await tServerProcess();
    const bomb = encoders[encoding]!(bombs) as Buffer<ArrayBuffer>;
    const token = await server.client.token();
    // Once, so that what every server has when it runs does not count.
    await server.client.ask(query);
    const before = peakBytes(server.pid);
    const send = async () => {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-encoding': encoding,
          authorization: `Bearer ${token}`,
        },
        body: bomb,
      });
      await response.text();
      return response.status;
    };
    const statuses = await Promise.all(Array.from({ length: 100 }, send));
    expect(new Set(statuses)).toEqual(new Set([413]));
    expect(peakBytes(server.pid) - before).toBeLessThan(200 * 1024 * 1024);
  });
});

const bombs = Buffer.alloc(50_000_000, ' ');

function peakBytes(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

/** Node looks for such requests every 30 s by itself: later than a test here may take. */
describe('a request that does not end', () => {
  const timeoutMs = '300';

  test.each([
    ['says nothing', ''],
    ['stops in its headers', 'POST /graphql HTTP/1.1\r\nhost: x\r\n'],
    ['stops in its body', requestText('none', { query }).slice(0, -3)],
  ])(
    'is ended: it %s',
    async (_what, text) => {
      const app = await tApp({ REQUEST_TIMEOUT_MS: timeoutMs });
      const client = await tPacedClient(app.url);
      client.read({ bytes: 1_000, everyMs: 10 });
      client.send(text);
      await client.ended();
      expect(client.text).toMatch(/^HTTP\/1\.1 408 /);
      await expectToServeOthers(app);
    },
    10_000,
  );

  test('is ended though it goes on, byte by byte', async () => {
    const app = await tApp({ REQUEST_TIMEOUT_MS: timeoutMs });
    const client = await tPacedClient(app.url);
    client.read({ bytes: 1_000, everyMs: 10 });
    client.send('POST /graphql HTTP/1.1\r\nhost: x\r\nx-long: ');
    const dripping = setInterval(() => client.send('x'), 20);
    await client.ended();
    clearInterval(dripping);
    expect(client.text).toMatch(/^HTTP\/1\.1 408 /);
  }, 10_000);
});

test('a WebSocket that was refused is not kept half open', async () => {
  const app = await tApp();
  const client = await tPacedClient(app.url);
  client.socket.allowHalfOpen = true;
  client.read({ bytes: 1_000, everyMs: 10 });
  client.send('GET /elsewhere HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n');
  client.send('sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
  await client.until((text) => text.includes('404 Not Found'));
  // What is sent to somebody who is not there any more is refused.
  const writing = setInterval(() => client.send('x'), 20);
  await client.ended();
  clearInterval(writing);
}, 10_000);

test('a body that nobody owns is not looked into', async () => {
  const app = await tApp();
  const body = Buffer.from('not what it says');
  const answer = await post(app, { body, token: null, headers: { 'content-encoding': 'br' } });
  expect(answer).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
});
