/** HTTP requests made by chance, as the bytes that are sent: heads that nobody writes, bodies encoded anyhow, and parts of them. */
import * as zlib from 'node:zlib';
import { pick, type Random } from '../../../src/cli/replay/random.ts';
import type { RandomRequest } from './documents.ts';

export interface RandomMessage {
  readonly bytes: Buffer;
  /** Whether its sender leaves without waiting for an answer. */
  readonly isLeft: boolean;
}

type Some<T> = readonly [T, ...T[]];

const methods: Some<string> = [
  ...(['POST', 'POST', 'POST', 'POST', 'POST', 'POST', 'GET', 'GET', 'PUT', 'HEAD', 'OPTIONS'] as const),
  ...['DELETE', 'BREW', 'post', ''],
];
const paths: Some<string> = [
  ...(['/graphql', '/graphql', '/graphql', '/graphql', '/graphql', '/graphql', '/graphql/stream'] as const),
  ...[
    '/graphql/',
    '//graphql',
    '/graphql?query=%ff',
    '/graphql?query={a}&query={b}',
    '/graphql#',
    '/%00',
    '*',
  ],
  ...[
    '/',
    '/../graphql',
    '/board/..%2f..%2fpackage.json',
    '/health/ready',
    '/metrics',
    `/${'a'.repeat(9_000)}`,
  ],
];
const json = 'application/json';
const types: Some<string> = [
  ...([
    json,
    json,
    json,
    json,
    `${json}; charset=utf-8`,
    `${json}; charset=utf-16`,
    'text/plain',
    '',
  ] as const),
  ...['multipart/form-data; boundary=x', 'application/graphql', `${json};`.repeat(50), 'application/\u00ff'],
];
const eventStream = 'text/event-stream';
const accepts: Some<string> = [
  ...([
    '*/*',
    json,
    'application/graphql-response+json',
    eventStream,
    eventStream,
    '',
    ',;q=',
    'a/b',
  ] as const),
  ...[`${json}, ${eventStream};q=0.1`, `${eventStream};q=2`, '*/*;q=0', `${json};callbackSpec=1.0`],
  ...['a/b, '.repeat(500)],
];
const extras: Some<string> = [
  ...([
    'x-request-id: \u00e9',
    'x-request-id: a, b',
    'x-forwarded-for: 1.1.1.1, ::1, x',
    'expect: 100-continue',
  ] as const),
  ...[
    'upgrade: websocket',
    'upgrade: h2c',
    'connection: upgrade',
    'connection: close',
    'origin: null',
    'host: b',
  ],
  ...[
    'origin: http://127.0.0.1',
    'cookie: a=b',
    'content-length: 0',
    'transfer-encoding: gzip',
    'te: trailers',
  ],
  ...[
    'no colon',
    ': no name',
    ' folded: line',
    'a: \u0001',
    'last-event-id: 1',
    'apollo-require-preflight: 1',
  ],
  ...[
    'authorization: Basic YTpi',
    'sec-websocket-key: x',
    'accept-encoding: br;q=x',
    `x: ${'y'.repeat(20_000)}`,
  ],
];
const encodings: Some<readonly [name: string, encode: (body: Buffer) => Buffer]> = [
  ['gzip', zlib.gzipSync],
  ['br', (body) => zlib.brotliCompressSync(body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ['deflate', zlib.deflateSync],
  ['zstd', zlib.zstdCompressSync],
  ['gzip', (body) => body],
  ['zstd', (body) => zlib.gzipSync(body)],
  ['br', (body) => zlib.gzipSync(body).subarray(0, 20)],
  ['compress', (body) => body],
];
const fillers: Some<string> = ['', ' '.repeat(70_000), 'null', '[', '\0', '{"query":', '\ufeff'];

export class MessageMaker {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A message about a request, of somebody with a token. */
  make(request: RandomRequest, token: string): RandomMessage {
    const head = [`${pick(this.#random, methods)} ${pick(this.#random, paths)} HTTP/1.1`, 'host: service'];
    if (this.#random() < 0.9) head.push(`authorization: Bearer ${token}`);
    head.push(`content-type: ${pick(this.#random, types)}`, `accept: ${pick(this.#random, accepts)}`);
    for (let count = Math.floor(this.#random() * 3); count > 0; count -= 1)
      head.push(pick(this.#random, extras));
    const { body, lines } = this.#framed(this.#encoded(this.#body(request), head));
    const whole = Buffer.concat([Buffer.from([...head, ...lines, '', ''].join('\r\n'), 'latin1'), body]);
    const isLeft = this.#random() < 0.1;
    // Now and then what comes behind it is no second request.
    const behind = this.#random() < 0.03 ? Buffer.from('\r\n\r\nGET') : Buffer.of();
    const bytes = isLeft ? whole.subarray(0, Math.floor(this.#random() * whole.length)) : whole;
    return { bytes: Buffer.concat([bytes, behind]), isLeft };
  }

  #body(request: RandomRequest): Buffer {
    const text = JSON.stringify(request);
    const share = this.#random();
    if (share < 0.7) return Buffer.from(text);
    if (share < 0.8) return Buffer.from(text.slice(0, Math.floor(this.#random() * text.length)));
    if (share < 0.9) return Buffer.from(text + pick(this.#random, fillers));
    if (share < 0.95) return Buffer.from(JSON.stringify([request, request]));
    const bytes = Buffer.from(text);
    for (let count = 5; count > 0; count -= 1)
      bytes[Math.floor(this.#random() * bytes.length)] = this.#random() * 256;
    return bytes;
  }

  #encoded(body: Buffer, head: string[]): Buffer {
    if (this.#random() < 0.7) return body;
    const [name, encode] = pick(this.#random, encodings);
    head.push(`content-encoding: ${name}`);
    return encode(body);
  }

  /** With its length, or in chunks; both may be wrong, but never so that its end is waited for. */
  #framed(body: Buffer): { readonly body: Buffer; readonly lines: readonly string[] } {
    const share = this.#random();
    if (share < 0.7) return { body, lines: [`content-length: ${body.length}`] };
    if (share < 0.75) return { body, lines: [`content-length: ${Math.floor(this.#random() * body.length)}`] };
    if (share < 0.8)
      return {
        body,
        lines: [`content-length: ${pick(this.#random, ['-1', 'x', '1e3', '', '1, 2', '9'.repeat(30)])}`],
      };
    const size = 1 + Math.floor(this.#random() * 500);
    const ends =
      share < 0.97 ? '0\r\n\r\n' : pick(this.#random, ['0\r\na b\r\n\r\n', 'g\r\n\r\n', '-1\r\n\r\n']);
    const chunks = Array.from({ length: Math.ceil(body.length / size) }, (_, at) => {
      const chunk = body.subarray(at * size, (at + 1) * size);
      return Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]);
    });
    return { body: Buffer.concat([...chunks, Buffer.from(ends)]), lines: ['transfer-encoding: chunked'] };
  }
}
