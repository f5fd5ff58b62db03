/** Owns the HTTP server: its limits, its time-outs, and what it says where nothing else answers. */
import type { Server } from 'node:http';
import fastify, { type FastifyHttpOptions, type FastifyInstance } from 'fastify';
import type { Logger } from '../observability/log.ts';
import { requestIdHeader, requestIdOf } from './request-id.ts';

export interface ServerOptions {
  /** Largest request body that is read, bytes. */
  readonly maxBodyBytes: number;
  /** How long a client may take to send one request in full, milliseconds. */
  readonly requestTimeoutMs: number;
  readonly log: Logger;
}

/** Longer than the idle time-out of usual load balancers (60 s), so that it is never this side that closes first. */
const keepAliveTimeoutMs = 65_000;

export function createServer(options: ServerOptions): FastifyInstance {
  const settings: FastifyHttpOptions<Server> = {
    logger: false,
    requestIdHeader: false,
    genReqId: requestIdOf,
    bodyLimit: options.maxBodyBytes,
    requestTimeout: options.requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: { headersTimeout: options.requestTimeoutMs },
    // What arrives on an open connection while the server closes is still served.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
  };
  const server: FastifyInstance = fastify(settings);
  server.removeContentTypeParser('text/plain');
  addHeaders(server);
  addAnswersOfLastResort(server, options.log);
  return server;
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
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: (error as Error).message });
    log.error({ requestId: request.id, err: error }, 'a request failed');
    return reply.code(500).send({ error: 'Internal server error.' });
  });
}
