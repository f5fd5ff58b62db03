/** Owns GraphQL over WebSocket: the upgrade, graphql-ws for the protocol, and the end of all sockets. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FormattedExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';
import {
  handleProtocols,
  makeServer,
  type ConnectionInitMessage,
  type Context,
  type Server as ProtocolServer,
} from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Authentication } from '../../auth/authentication.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { ClientError } from '../../lib/errors.ts';
import type { Executor } from '../../operations/executor.ts';
import type { ErrorFormatter } from '../../operations/format-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { FlushScheduler } from '../flush-scheduler.ts';
import type { RateLimit } from '../../stores/rate-limit/rate-limit.ts';
import { createConnectionId, type ConnectionTracker } from '../connection-tracker.ts';
import { closeCodes } from './close-codes.ts';
import { Connection } from './connection.ts';
import { endInWaves } from '../drain.ts';
import { graphqlPath } from '../../http/graphql.ts';
import type { StreamOperations } from '../../operations/operations.ts';
import { prepareOnSocket } from './operation.ts';
import { SocketStreams } from './subscribe.ts';
import { Heartbeat } from './heartbeat.ts';

export interface WebSocketOptions {
  readonly server: Server;
  readonly operations: StreamOperations;
  readonly executor: Executor;
  readonly attendance: ConnectionTracker;
  /** Who is named by the parameters of `connection_init` or the upgrade request; rejects with a ClientError. */
  readonly authenticate: (params: unknown, authorization: string | undefined) => Promise<Viewer>;
  /** See `Authentication.watch`. */
  readonly watchViewer: Authentication['watch'];
  readonly addressOf: (request: IncomingMessage) => string;
  /** `*`, or the origins of browsers that may connect. */
  readonly allowedOrigins: '*' | readonly string[];
  readonly formatError: ErrorFormatter;
  readonly rateLimit: RateLimit;
  readonly scheduler: FlushScheduler;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly limits: {
    readonly maxFrameBytes: number;
    readonly connectionInitTimeoutMs: number;
    readonly keepAliveMs: number;
    readonly maxSubscriptionsPerSocket: number;
    /** Connections of one address; null when they are not limited. */
    readonly connectsPerMinute: number | null;
    readonly outboxMaxBytes: number;
  };
}

interface Extra {
  readonly connection: Connection;
}

type SocketContext = Context<ConnectionInitMessage['payload'], Extra>;

export class GraphQLWebSockets {
  readonly #options: WebSocketOptions;
  readonly #sockets: WebSocketServer;
  readonly #protocol: ProtocolServer<Extra>;
  readonly #connections = new Set<Connection>();
  readonly #streams: SocketStreams;
  readonly #watch: Heartbeat;
  #draining = false;

  constructor(options: WebSocketOptions) {
    this.#options = options;
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.limits.maxFrameBytes,
      handleProtocols: (protocols) => handleProtocols(protocols),
    });
    this.#protocol = this.#createProtocol();
    this.#streams = new SocketStreams({
      operations: options.operations,
      formatErrors: (errors, connection) => this.#format(errors, connection),
    });
    this.#watch = new Heartbeat({
      connections: this.#connections,
      clock: options.clock,
      keepAliveMs: options.limits.keepAliveMs,
    });
    options.server.on('upgrade', this.#onUpgrade);
  }

  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Closes all sockets with 1012, in waves over `windowMs` milliseconds, those without recent operations first. Resolves
   * when every client has answered or had the time to. New sockets are refused from now on.
   */
  async drain(windowMs: number): Promise<void> {
    this.#draining = true;
    await endInWaves(this.#connections, windowMs);
  }

  /** Ends what is left, at once. */
  close(): void {
    this.#draining = true;
    this.#watch.close();
    for (const connection of this.#connections) connection.terminate();
    this.#options.server.off('upgrade', this.#onUpgrade);
    this.#sockets.close();
  }

  readonly #onUpgrade = (request: IncomingMessage, duplex: Duplex, head: Buffer): void => {
    const onError = (error: Error) => this.#options.log.debug({ err: error }, 'an upgrade was broken off');
    duplex.on('error', onError);
    this.#refusal(request)
      .then((refusal) => {
        if (refusal) return refuse(duplex, refusal.status, refusal.message);
        duplex.off('error', onError);
        this.#sockets.handleUpgrade(request, duplex, head, (webSocket) =>
          // An HTTP server hands out the socket itself.
          this.#onOpen(webSocket, duplex as Socket, request),
        );
      })
      .catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'an upgrade failed');
        refuse(duplex, '500 Internal Server Error', 'Internal server error.');
      });
  };

  async #refusal(request: IncomingMessage): Promise<{ status: string; message: string } | undefined> {
    const { allowedOrigins, limits, rateLimit, addressOf, metrics } = this.#options;
    if (request.url?.split('?', 1)[0] !== graphqlPath)
      return { status: '404 Not Found', message: `WebSockets are served at ${graphqlPath}.` };
    if (this.#draining)
      return { status: '503 Service Unavailable', message: 'The service is shutting down.' };
    const { origin } = request.headers;
    if (origin !== undefined && allowedOrigins !== '*' && !allowedOrigins.includes(origin))
      return { status: '403 Forbidden', message: 'This origin may not connect.' };
    if (limits.connectsPerMinute === null) return undefined;
    const rule = { points: limits.connectsPerMinute, windowMs: 60_000 };
    const verdict = await rateLimit.consume('connect', addressOf(request), rule);
    if (verdict.allowed) return undefined;
    metrics.rateLimited.inc({ limit: 'connect' });
    return { status: '429 Too Many Requests', message: 'Too many connections; try again later.' };
  }

  #onOpen(webSocket: WebSocket, socket: Socket, request: IncomingMessage): void {
    const { scheduler, clock, metrics, limits, addressOf, log } = this.#options;
    const connection = new Connection({
      id: createConnectionId(),
      webSocket,
      socket,
      address: addressOf(request),
      authorization: request.headers.authorization,
      scheduler,
      clock,
      metrics,
      outboxMaxBytes: limits.outboxMaxBytes,
      maxSubscriptions: limits.maxSubscriptionsPerSocket,
    });
    this.#connections.add(connection);
    metrics.connections.inc();
    // ws closes the socket by itself, with the code of what was wrong.
    webSocket.on('error', (error) => log.debug({ err: error, connection: connection.id }, 'a socket failed'));
    const closed = this.#protocol.opened(
      {
        protocol: webSocket.protocol,
        send: (text) => connection.send(text),
        close: (code = 1000, reason = '') => connection.closeWith(code, reason),
        onMessage: (receive) =>
          webSocket.on('message', (data: Buffer) => {
            if (connection.closingAt === null) void this.#receive(connection, receive, data);
          }),
      },
      { connection },
    );
    webSocket.once('close', (code, reason) => {
      connection.outbox.end();
      this.#connections.delete(connection);
      metrics.connections.dec();
      metrics.connectionsClosed.inc({ code: String(code) });
      Promise.resolve(closed(code, String(reason))).catch((error: unknown) => {
        log.error({ err: error, connection: connection.id }, 'the end of a connection failed');
      });
    });
  }

  async #receive(
    connection: Connection,
    receive: (text: string) => Promise<void>,
    data: Buffer,
  ): Promise<void> {
    try {
      const text = data.toString();
      await (this.#streams.open(connection, text) ?? receive(text));
    } catch (error) {
      this.#options.log.error({ err: error, connection: connection.id }, 'a message could not be handled');
      connection.close(closeCodes.internalError);
    }
  }

  #format(errors: readonly GraphQLError[], connection: Connection): readonly GraphQLFormattedError[] {
    return errors.map((error) => this.#options.formatError(error, { connection: connection.id }));
  }

  #createProtocol(): ProtocolServer<Extra> {
    return makeServer<ConnectionInitMessage['payload'], Extra>({
      connectionInitWaitTimeout: this.#options.limits.connectionInitTimeoutMs,
      onConnect: (context) => this.#onConnect(context),
      onDisconnect: ({ extra }) => {
        extra.connection.unwatch();
        return extra.connection.leave?.();
      },
      // Only queries and mutations pass here; subscriptions are opened beside it.
      onSubscribe: ({ extra }, _id, payload) => {
        extra.connection.noteActivity();
        return prepareOnSocket(this.#options.operations, extra.connection, payload);
      },
      execute: (args) => this.#options.executor.execute(args),
      onNext: (context, _id, _payload, _args, result) =>
        ({
          ...result,
          ...(result.errors && { errors: this.#format(result.errors, context.extra.connection) }),
        }) as FormattedExecutionResult,
      onError: ({ extra }, _id, _payload, errors) => this.#format(errors, extra.connection),
    });
  }

  async #onConnect(context: SocketContext): Promise<boolean> {
    const { connectionParams, extra } = context;
    const { connection } = extra;
    const { authenticate, attendance } = this.#options;
    let viewer: Viewer;
    try {
      viewer = await authenticate(connectionParams, connection.authorization);
    } catch (error) {
      this.#refuseViewer(connection, error);
      return false;
    }
    if (!connection.isOpen || connection.closingAt !== null) return false;
    connection.leave = attendance.enter(viewer, connection.id);
    if (!connection.leave) {
      connection.close(closeCodes.tooMany, `A viewer may have ${attendance.maxPerViewer} connections.`);
      return false;
    }
    connection.viewer = viewer;
    connection.protocol = context;
    connection.unwatch = this.#options.watchViewer(viewer, () =>
      connection.close(closeCodes.forbidden, 'The token no longer holds; come back with a new one.'),
    );
    return true;
  }

  #refuseViewer(connection: Connection, error: unknown): void {
    if (!(error instanceof ClientError)) {
      this.#options.log.error({ err: error, connection: connection.id }, 'a token could not be verified');
      connection.close(closeCodes.internalError);
    } else if (error.extensions['code'] === 'UPSTREAM_UNAVAILABLE') {
      connection.close(closeCodes.tryAgainLater, error.message);
    } else if (error.extensions['reason'] === 'EXPIRED') {
      connection.close(closeCodes.forbidden, error.message);
    } else {
      connection.close(closeCodes.unauthorized, error.message);
    }
  }
}

function refuse(duplex: Duplex, status: string, message: string): void {
  const body = JSON.stringify({ error: message });
  duplex.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
