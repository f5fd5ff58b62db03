/** The HTTP server: its limits and time-outs, whom it lets in from other origins, and what it answers where nothing else does. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import cors from '@fastify/cors';
import fastify, { type FastifyHttpOptions, type FastifyInstance } from 'fastify';
import { ClientError, errorCodes, isErrorCode } from '../lib/errors.ts';
import type { Logger } from '../observability/log.ts';
import { readInPieces } from './connections/inbox.ts';
import { LateRequests } from './connections/late-requests.ts';
import { ticketHeader } from './tickets/ticket-request.ts';

export interface ServerOptions {
  /** Largest request body that is read, bytes. */
  readonly maxBodyBytes: number;
  /** How long a client may take to send one request in full, milliseconds. */
  readonly requestTimeoutMs: number;
  /** See `addressKey`. */
  readonly clientPrefixLength: number;
  /** How long a connection stays open for another request, milliseconds. */
  readonly idleTimeoutMs: number;
  readonly log: Logger;
}

const requestIdHeader = 'x-request-id';

/** Longest time between two looks for requests that are late, milliseconds: Node's own is 30 s, twice what one may take. */
const maxLateCheckMs = 1_000;

export function createServer(options: ServerOptions): FastifyInstance {
  const late = new LateRequests();
  const settings: FastifyHttpOptions<Server> = {
    logger: false,
    requestIdHeader: false,
    genReqId: createRequestIds(),
    bodyLimit: options.maxBodyBytes,
    requestTimeout: options.requestTimeoutMs,
    keepAliveTimeout: options.idleTimeoutMs,
    routerOptions: { ignoreTrailingSlash: true },
    http: {
      headersTimeout: options.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(maxLateCheckMs, Math.ceil(options.requestTimeoutMs / 8)),
      shouldUpgradeCallback(this: Server, request: IncomingMessage) {
        const isUpgrading = shouldUpgrade(this, request);
        if (isUpgrading) late.noteUpgrade(request);
        return isUpgrading;
      },
    },
    // What arrives on an open connection while the server closes is still served.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
  };
  const server: FastifyInstance = fastify(settings);
  server.removeContentTypeParser('text/plain');
  late.watch(server.server, readInPieces(server.server, options.clientPrefixLength));
  addHeaders(server);
  addAnswersOfLastResort(server, options.log);
  return server;
}

/**
 * RFC 9110, section 7.8: a server ignores an upgrade to what it does not speak, and answers as if it had not been asked for.
 * Java's HttpClient and `curl --http2` offer `h2c` with every first request. (Node before 24.9 does not ask: there such a
 * request is refused.) One listener is always there: it does not answer.
 */
function shouldUpgrade(server: Server, { headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket' && server.listenerCount('upgrade') > 1;
}

function addHeaders(server: FastifyInstance): void {
  let isClosing = false;
  server.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    // A connection that was busy when the closing began must not stay open for another request.
    if (isClosing) void reply.header('connection', 'close');
    done(null, payload);
  });
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header(requestIdHeader, request.id).header('x-content-type-options', 'nosniff');
    done();
  });
}

function addAnswersOfLastResort(server: FastifyInstance, log: Logger): void {
  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: 'There is nothing at this address.' }),
  );
  server.setErrorHandler((error, request, reply) => {
    const status = statusOf(error);
    if (status < 500) return reply.code(status).send({ error: (error as Error).message });
    log.error({ requestId: request.id, err: error }, 'a request failed');
    return reply.code(500).send({ error: 'Internal server error.' });
  });
}

/** Errors of Fastify name their status; ours have one for their code. */
function statusOf(error: unknown): number {
  const { statusCode = 500 } = error as { readonly statusCode?: number };
  const code = error instanceof ClientError ? error.extensions['code'] : undefined;
  return isErrorCode(code) ? errorCodes[code].status : statusCode;
}

/** Short and printable, so that a caller's id can be put into a log line and a header as it is. */
const sane = /^[\w.:/+=-]{1,128}$/;

/** Of a UUID: what all requests of a process have in common. The rest is counted. */
const commonChars = 24;
const countedChars = 12;

/** The caller's own id where it can be used, else one that no other request has. To make a random one would take longer than to route it. */
function createRequestIds(): (request: IncomingMessage) => string {
  const common = randomUUID().slice(0, commonChars);
  let count = 0;
  return ({ headers }) => {
    const given = headers[requestIdHeader];
    if (typeof given === 'string' && sane.test(given)) return given;
    count += 1;
    return common + count.toString(16).padStart(countedChars, '0');
  };
}

const allowedHeaders = [
  'content-type',
  'authorization',
  'accept',
  'idempotency-key',
  // Where an event stream goes on, for clients of it that ask by fetch.
  'last-event-id',
  // What the tracing of a page adds to its requests.
  ...['baggage', 'traceparent', 'tracestate'],
  requestIdHeader,
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'apollographql-client-name',
  'apollographql-client-version',
];

/** How long a browser may remember the answer to a preflight request. */
const preflightSeconds = 600;

/** `origins`: exact origins, or `*` for every one. `hasTickets`: whether pages may ask for one, and use it. */
export async function addCors(
  server: FastifyInstance,
  origins: '*' | readonly string[],
  { hasTickets }: { readonly hasTickets: boolean },
): Promise<void> {
  await server.register(cors, {
    origin: origins === '*' ? '*' : [...origins],
    methods: ['GET', 'POST', ...(hasTickets ? ['PUT', 'DELETE'] : [])],
    allowedHeaders: [...allowedHeaders, ...(hasTickets ? [ticketHeader] : [])],
    exposedHeaders: [requestIdHeader, 'retry-after'],
    maxAge: preflightSeconds,
    // An OPTIONS request without an origin is no preflight; it gets the answer of any unknown path.
    strictPreflight: false,
    // For pages that send theirs to everybody: here they count for nothing. With `*` a browser refuses such an answer.
    credentials: origins !== '*',
  });
}
