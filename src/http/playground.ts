/** The playground for development: an offline GraphiQL at `/`, with a first subscription that works. */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../lib/clock.ts';

export interface PlaygroundOptions {
  /** Path of GraphQL over HTTP and WebSocket on this server. */
  readonly graphqlPath: string;
  /** Makes the token that the page asks with; null where the page must not hold one. Valid for `tokenTtlMs` or longer. */
  readonly createToken: (() => Promise<string>) | null;
  readonly tokenTtlMs: number;
  readonly clock: Clock;
}

const defaultDocument = `# Run "Board" and leave it running: it shows every change of every dispatch, as it happens.
# Then open this page in a second window and run "Create" there.

subscription Board {
  dispatchesUpdated {
    cursor
    changeType
    previousEstado
    timestamp
    dispatch {
      id
      estado
      prioridad
      version
      origen {
        direccion
      }
    }
  }
}

mutation Create {
  createDispatch(
    input: {
      origen: { latitud: -16.4957, longitud: -68.1335, direccion: "Plaza Murillo" }
      prioridad: ALTA
      incidente: ACCIDENTE
    }
  ) {
    id
    estado
    version
  }
}

query List {
  dispatchesCursor
  despachos(limit: 10) {
    id
    estado
    prioridad
    version
  }
}
`;

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

/** Adds the page. It is 9 MB of source: loaded and compressed when somebody first asks for it. */
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

/** A line above GraphiQL, which takes the rest of the window's height. */
const header = `
      <style>
        body { display: flex; flex-direction: column; height: 100vh; margin: 0; }
        #root { flex: 1; min-height: 0; height: auto; }
        #root .graphiql-container { height: 100%; }
        .pages { display: flex; gap: 20px; padding: 8px 16px; font: 600 14px system-ui, sans-serif; }
        .pages { background: #0f766e; color: #fff; }
        .pages a { margin-left: auto; color: inherit; }
      </style>
      <nav class="pages" aria-label="Development pages">GraphiQL <a href="/board">Dispatch board</a></nav>
      `;
const rootElement = '<div id="root"></div>';

/** What the page is given. The package hands on more than its type names. */
type Settings = Parameters<typeof renderGraphiQL>[0] & {
  /** What every tab begins with. (`defaultQuery` is for the very first tab alone; later ones would be empty.) */
  readonly query: string;
  /** For `connection_init`. */
  readonly connectionParams?: Readonly<Record<string, string>>;
};

async function makePage({ graphqlPath, createToken, clock }: PlaygroundOptions): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const madeAt = clock.elapsed();
  const authorization = createToken && `Bearer ${await createToken()}`;
  const settings: Settings = {
    title: 'Dispatch subgraph',
    endpoint: graphqlPath,
    subscriptionsProtocol: 'WS',
    query: defaultDocument,
    // Not in the editor of headers, where GraphiQL would remember a token beyond its end.
    ...(authorization && { additionalHeaders: { authorization }, connectionParams: { authorization } }),
  };
  const html = renderGraphiQL(settings).replace(rootElement, `${header}${rootElement}`);
  return { gzipped: await promisify(gzip)(html), madeAt };
}
