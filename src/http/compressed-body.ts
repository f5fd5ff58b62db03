/** Compressed request bodies: which encodings are understood, and how far a body is inflated. */
import { promisify } from 'node:util';
import {
  brotliDecompress,
  constants,
  gunzip,
  inflate,
  inflateRaw,
  zstdDecompress,
  type BrotliOptions,
  type ZlibOptions,
  type ZstdOptions,
} from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ClientError } from '../lib/errors.ts';
import { FairTurns } from '../lib/turns/fair-turns.ts';
import { readBody } from './request-body.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of the body that was read, as it is when it is inflated: a header that says a length is not always there, and says another one. */
    bodyBytes: number;
  }
}

/** Inflates a whole body; rejects when it is broken, or becomes larger than `maxOutputLength`. */
type Inflate = (body: Buffer, options: ZlibOptions & BrotliOptions & ZstdOptions) => Promise<Buffer>;

const gunzipBody: Inflate = promisify(gunzip);
const inflateZlib: Inflate = promisify(inflate);
const inflateBare: Inflate = promisify(inflateRaw);
const inflateZstd: Inflate = promisify(zstdDecompress);
/** The largest window of the encoding zstd, RFC 9659: 8 MB. */
const zstdWindow = { [constants.ZSTD_d_windowLogMax]: 23 };

const inflaters: Readonly<Record<string, Inflate>> = {
  gzip: gunzipBody,
  br: promisify(brotliDecompress),
  deflate: (body, options) => (isZlib(body) ? inflateZlib : inflateBare)(body, options),
  zstd: (body, options) => inflateZstd(body, { ...options, params: zstdWindow }),
};

/** What a request may be encoded with, for the header `accept-encoding` of a refusal. */
export const acceptedEncodings = Object.keys(inflaters).join(', ');

export class UnsupportedEncoding extends ClientError {
  constructor(encoding: string) {
    const known = `This service takes ${acceptedEncodings}.`;
    super('UNSUPPORTED_MEDIA_TYPE', `A body cannot be encoded with ${JSON.stringify(encoding)}. ${known}`);
  }
}

/**
 * Bodies inflated at a time. Brotli makes up to 16 MB of a few bytes before it hands out the first of them: whoever sends
 * many such bodies has them inflated one after the other, and does not take the turns of others.
 */
const turns = { maxAtOnce: 4, maxPerOwner: 1 };
/** Memory that is taken for what a body is inflated to, at a time. */
const chunkBytes = 64 * 1024;

/** A body that nobody has looked into. */
class EncodedBody {
  readonly bytes: Buffer;
  readonly inflate: Inflate;

  constructor(bytes: Buffer, inflate: Inflate) {
    this.bytes = bytes;
    this.inflate = inflate;
  }
}

/** Whether nobody has looked into a body yet, since nobody is known to have sent it. */
export const isEncodedBody = (body: unknown): boolean => body instanceof EncodedBody;

/**
 * Takes JSON that is compressed, in two steps: its bytes are read with the request, and inflated when somebody says whose it
 * is. One that is larger than may be when it is inflated is given up there, and never held whole.
 *
 * (The plugin @fastify/compress inflates through streams, all requests at a time: 200 bodies of 304 bytes took 700 MB. Nor does
 * it take what Apollo Router calls deflate, which has no zlib header.)
 */
export class CompressedBodies {
  readonly #maxBytes: number;
  readonly #turns = new FairTurns(turns);
  readonly #parseJson: ReturnType<FastifyInstance['getDefaultJsonParser']>;

  /**
   * `maxBytes`: the size of the largest body, inflated. `maxBytesOf`: that of the body of one request, as it is sent.
   */
  constructor(
    server: FastifyInstance,
    { maxBytes, maxBytesOf }: { maxBytes: number; maxBytesOf: (request: FastifyRequest) => number },
  ) {
    this.#maxBytes = maxBytes;
    this.#parseJson = server.getDefaultJsonParser('error', 'error');
    server.decorateRequest('bodyBytes', 0);
    server.removeContentTypeParser('application/json');
    server.addContentTypeParser('application/json', (request, payload, done) => {
      readBody(payload, maxBytesOf(request), (failure, bytes) => {
        if (failure) return done(failure);
        request.bodyBytes = bytes.length;
        try {
          const inflater = inflaterOf(request);
          if (inflater) done(null, new EncodedBody(bytes, inflater));
          else void this.#parseJson(request, bytes.toString(), done);
        } catch (error) {
          done(error as Error);
        }
      });
    });
  }

  /**
   * Puts the content of a compressed body in its place. `owner`: whose turn it takes.
   *
   * @throws PAYLOAD_TOO_LARGE, BAD_REQUEST; what Fastify throws for JSON that is none
   */
  async read(request: FastifyRequest, owner: string, signal: AbortSignal): Promise<void> {
    const { body } = request;
    if (!(body instanceof EncodedBody)) return;
    const bytes = await this.#turns.run(owner, signal, () => inflateBody(body, this.#maxBytes));
    request.bodyBytes = bytes.length;
    const parsed = Promise.withResolvers<unknown>();
    const done = (error: Error | null, value?: unknown) =>
      error ? parsed.reject(error) : parsed.resolve(value);
    void this.#parseJson(request, bytes.toString(), done);
    request.body = await parsed.promise;
  }
}

/** Null where the body is not encoded. */
function inflaterOf({ headers }: FastifyRequest): Inflate | null {
  const encoding = headers['content-encoding'];
  if (encoding === undefined) return null;
  const name = encoding
    .trim()
    .toLowerCase()
    .replace(/^x-gzip$/, 'gzip');
  if (name === '' || name === 'identity') return null;
  if (!Object.hasOwn(inflaters, name)) throw new UnsupportedEncoding(encoding);
  return inflaters[name]!;
}

async function inflateBody({ bytes, inflate }: EncodedBody, maxBytes: number): Promise<Buffer> {
  try {
    return await inflate(bytes, { maxOutputLength: maxBytes, chunkSize: chunkBytes });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (/MEM|ALLOC/.test(code)) throw error;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw new ClientError('PAYLOAD_TOO_LARGE', `The request body inflates to more than ${maxBytes} bytes.`);
    throw new ClientError('BAD_REQUEST', 'The request body is not what its content-encoding says.');
  }
}

/** RFC 1950, section 2.2: a header in front of the data, which some leave out. */
function isZlib(body: Buffer): boolean {
  return body.length >= 2 && (body[0]! & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}
