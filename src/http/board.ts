/** The board: a page at `/board` on which dispatchers follow and move on what the streams show. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { FastifyInstance } from 'fastify';

export interface BoardOptions {
  /** Path of GraphQL over WebSocket on this server. */
  readonly graphqlPath: string;
  /** Whether there is a playground to link to. */
  readonly playground: boolean;
  /** Where its map has streets from, and whom it names for them; null: it has none. */
  readonly boardTiles: BoardTiles | null;
  /** Makes a token that may see dispatches and users; null where none may be given away. */
  readonly createToken: (() => Promise<string>) | null;
}

export interface BoardTiles {
  /** With `{z}`, `{x}` and `{y}` for level, column and row. */
  readonly url: string;
  readonly attribution: string;
}

const folder = resolve(import.meta.dirname, '../generated/board');

const files = [
  { path: '/board', file: 'board.html', contentType: 'text/html; charset=utf-8' },
  { path: '/board/board.js', file: 'board.js', contentType: 'text/javascript; charset=utf-8' },
  { path: '/board/board.css', file: 'board.css', contentType: 'text/css; charset=utf-8' },
] as const;

/** The page's files, settings and socket are all of this server; it loads and calls nothing else but map tiles, where there are any. */
const contentSecurityPolicy = (tiles: BoardTiles | null) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src data:${tiles ? ` ${new URL(tiles.url).origin}` : ''}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** Adds the page: the bundled files as they are, and its settings, which differ from service to service. */
export function addBoard(server: FastifyInstance, options: BoardOptions): void {
  const { graphqlPath, playground, boardTiles, createToken } = options;
  const policy = contentSecurityPolicy(boardTiles);
  for (const { path, file, contentType } of files) {
    server.get(path, async (_request, reply) =>
      reply
        .header('content-type', contentType)
        .header('cache-control', 'no-cache')
        .header('content-security-policy', policy)
        .header('referrer-policy', 'no-referrer')
        .header('x-content-type-options', 'nosniff')
        .send(await readFile(resolve(folder, file))),
    );
  }
  server.get('/board/settings.json', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({
      ...{ graphqlPath, playground },
      tilesUrl: boardTiles?.url ?? null,
      tilesAttribution: boardTiles?.attribution ?? null,
      token: createToken && (await createToken()),
    }),
  );
}
