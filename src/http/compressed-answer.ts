/** Compresses answers for clients that accept that. (Streams are never compressed: nobody would see an event before the next.) */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';

/** Less fits into a packet or two, and is sent as it is, bytes. */
const minBytes = 2_048;

/** As strong as takes about a millisecond for an answer of 100 KB. */
const brotliQuality = 4;
const gzipLevel = 4;

const brotli = promisify(brotliCompress);
const compressors: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  br: (bytes) =>
    brotli(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: gzipLevel }),
};

/**
 * The body of an answer, as its client likes it best. How long a compressed text is tells something of it to whoever can have others
 * ask for it (BREACH); here nobody can, since nothing that a browser adds by itself says who asks.
 */
export function compressAnswer(
  { headers }: Pick<FastifyRequest, 'headers'>,
  reply: FastifyReply,
  body: string,
): string | Promise<Buffer> {
  const varies = reply.getHeader('vary');
  void reply.header('vary', varies === undefined ? 'accept-encoding' : `${String(varies)}, accept-encoding`);
  if (headers['accept-encoding'] === undefined || Buffer.byteLength(body) < minBytes) return body;
  const [encoding = 'identity'] = new Negotiator({ headers }).encodings([
    ...Object.keys(compressors),
    'identity',
  ]);
  const compress = compressors[encoding];
  if (!compress) return body;
  void reply.header('content-encoding', encoding);
  return compress(Buffer.from(body));
}
