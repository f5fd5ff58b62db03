/** The board for development: a page at `/board` that shows the streams at work. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { FastifyInstance } from 'fastify';

export interface BoardOptions {
  /** Path of GraphQL over WebSocket on this server. */
  readonly graphqlPath: string;
  /** Makes a token that may see dispatches and users; null where none may be given away. */
  readonly createToken: (() => Promise<string>) | null;
}

const folder = resolve(import.meta.dirname, '../generated/board');

const files = [
  { path: '/board', file: 'board.html', contentType: 'text/html; charset=utf-8' },
  { path: '/board/board.js', file: 'board.js', contentType: 'text/javascript; charset=utf-8' },
  { path: '/board/board.css', file: 'board.css', contentType: 'text/css; charset=utf-8' },
] as const;

/** The page's files, settings and socket are all of this server; it loads and calls nothing else. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Adds the page: the bundled files as they are, and its settings, which differ from service to service. */
export function addBoard(server: FastifyInstance, { graphqlPath, createToken }: BoardOptions): void {
  for (const { path, file, contentType } of files) {
    server.get(path, async (_request, reply) =>
      reply
        .header('content-type', contentType)
        .header('cache-control', 'no-cache')
        .header('content-security-policy', contentSecurityPolicy)
        .header('referrer-policy', 'no-referrer')
        .send(await readFile(resolve(folder, file))),
    );
  }
  server.get('/board/settings.json', async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .send({ graphqlPath, token: createToken && (await createToken()) }),
  );
}
