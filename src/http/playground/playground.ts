/** The playground for development: an offline GraphiQL at `/`, compressed once for all who ask. */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../lib/clock.ts';
import { createPage } from './page.ts';

export interface PlaygroundOptions {
  /** Path of GraphQL over HTTP and WebSocket on this server. */
  readonly graphqlPath: string;
  /** Makes the token that the page asks with; null where the page must not hold one. Valid for `tokenTtlMs` or longer. */
  readonly createToken: (() => Promise<string>) | null;
  readonly tokenTtlMs: number;
  readonly clock: Clock;
}

/** The page is one document with scripts and styles inline and workers from blobs; it talks to this server alone. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'unsafe-inline'",
  'worker-src blob:',
  'img-src data: blob:',
  'font-src data:',
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface Page {
  readonly gzipped: Buffer;
  readonly madeAt: number;
}

/** Adds the page, which is made when somebody first asks for it. */
export function addPlayground(server: FastifyInstance, options: PlaygroundOptions): void {
  const { clock, tokenTtlMs } = options;
  let page: Promise<Page> | undefined;

  const currentPage = async (): Promise<Page> => {
    const known = await page;
    // So a token on the page is good for at least half of its time.
    if (known && clock.elapsed() - known.madeAt < tokenTtlMs / 2) return known;
    page = makePage(options);
    page.catch(() => {
      page = undefined;
    });
    return page;
  };

  server.get('/', async (request, reply) => {
    const { gzipped } = await currentPage();
    const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    void reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('vary', 'accept-encoding')
      .header('content-security-policy', contentSecurityPolicy)
      .header('referrer-policy', 'no-referrer');
    if (takesGzip) return reply.header('content-encoding', 'gzip').send(gzipped);
    return reply.send(await promisify(gunzip)(gzipped));
  });
}

async function makePage({ graphqlPath, createToken, clock }: PlaygroundOptions): Promise<Page> {
  const madeAt = clock.elapsed();
  const html = await createPage({ endpoint: graphqlPath, token: createToken && (await createToken()) });
  return { gzipped: await promisify(gzip)(html), madeAt };
}
