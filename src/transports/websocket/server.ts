/** GraphQL over WebSocket: accepts upgrades, and passes messages to graphql-ws, which keeps to the protocol. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  handleProtocols,
  makeServer,
  type ConnectionInitMessage,
  type Context,
  type Server as ProtocolServer,
} from 'graphql-ws';
import { WebSocketServer, type Server } from 'ws';
import { gatewaySecretHeader, shownInInit } from '../../http/connections/gateway-secret.ts';
import { createReadTurns, Inbox } from '../../http/connections/inbox.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { ClientError, isTransient } from '../../lib/errors.ts';
import type { Transport, TransportContext } from '../transport.ts';
import { ClientSocket, OwnedWebSocket, type ClientSocketContext } from './client-socket.ts';
import { largestFrameBytes } from './large-frame.ts';
import { closeCodes } from './close-codes.ts';
import { ackPayload, readAckWishes, type ConnectionAckPayload } from './connection-ack.ts';
import { outboxSettings, type OutboxSettings } from '../framing.ts';
import type { Wait } from '../waits.ts';
import { Connection, type ProtocolState, type Sockets } from './connection.ts';
import { webSocketFraming } from './framing.ts';
import { Renewals } from './renewal.ts';
import { TurnedAway } from './opening/turned-away.ts';
import { judgeUpgrade, refuseUpgrade } from './opening/upgrade.ts';

type InitPayload = ConnectionInitMessage['payload'];

export function createWebSocketTransport(context: TransportContext): Transport {
  return new GraphQLWebSockets(context);
}

class GraphQLWebSockets implements Transport {
  readonly #context: ClientSocketContext;
  readonly #outboxes: OutboxSettings;
  readonly #sockets: Server<typeof OwnedWebSocket>;
  readonly #protocol: ProtocolServer<ClientSocket>;
  /** For what is read, all sockets together. */
  readonly #turns = createReadTurns();
  readonly #turnedAway: TurnedAway;

  constructor(context: TransportContext) {
    const { maxFrameBytes } = context.config.websocket;
    this.#context = { ...context, renewals: new Renewals(context), gateways: new WeakSet() };
    this.#outboxes = outboxSettings(context, webSocketFraming);
    this.#turnedAway = new TurnedAway(context);
    this.#sockets = new WebSocketServer({
      WebSocket: OwnedWebSocket,
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: largestFrameBytes(maxFrameBytes),
      handleProtocols: (protocols) => handleProtocols(protocols),
    });
    // Gets no valid `subscribe` message of a client that was admitted: see subscribe.ts.
    this.#protocol = makeServer<InitPayload, ClientSocket>({
      // See `ClientSocket.noteInit`.
      connectionInitWaitTimeout: 0,
      onConnect: (protocol) => this.#onConnect(protocol),
    });
    context.server.on('upgrade', this.#onUpgrade);
  }

  close(): void {
    this.#context.server.off('upgrade', this.#onUpgrade);
    this.#sockets.close();
  }

  readonly #onUpgrade = (request: IncomingMessage, duplex: Duplex, head: Buffer): void => {
    const { log } = this.#context;
    const onError = (error: Error) => log.debug({ err: error }, 'an upgrade was broken off');
    duplex.on('error', onError);
    judgeUpgrade(this.#context, request)
      .then((verdict) => {
        if (verdict.kind === 'refused') return refuseUpgrade(duplex, verdict);
        duplex.off('error', onError);
        this.#sockets.handleUpgrade(request, duplex, head, (webSocket) => {
          if (verdict.kind === 'later') this.#turnedAway.add(webSocket, verdict.close, verdict.reason);
          // The `upgrade` event of an HTTP server always gives a net.Socket.
          else this.#onOpen({ webSocket, socket: duplex as Socket }, request);
        });
      })
      .catch((error: unknown) => {
        log.error({ err: error }, 'an upgrade failed');
        refuseUpgrade(duplex, { status: '500 Internal Server Error', message: 'Internal server error.' });
      });
  };

  #onOpen(sockets: Sockets, request: IncomingMessage): void {
    const { addressOf, isGateway } = this.#context;
    const { authorization } = request.headers;
    const from = { address: addressOf(request), authorization, isGateway: isGateway(request) };
    const connection = new Connection(this.#context, this.#outboxes, sockets, from);
    this.#takeSecret(connection, request.headers[gatewaySecretHeader]);
    const inbox = new Inbox(sockets.socket, connection, this.#turns);
    const client = new ClientSocket(this.#context, sockets.webSocket, connection, inbox);
    client.open(this.#protocol.opened(client, client));
  }

  /** A gateway shows it: its operations are trusted, and what it has, nobody knows of its clients. */
  #takeSecret(connection: Connection, shown: unknown): void {
    const { provesGateway, gateways } = this.#context;
    if (!provesGateway(shown)) return;
    gateways.add(connection);
    connection.acknowledgements.becomeGateway();
  }

  async #onConnect(protocol: Context<InitPayload, ClientSocket>): Promise<boolean | ConnectionAckPayload> {
    const { extra: client } = protocol;
    const { connection } = client;
    client.noteInit();
    try {
      const { authentication } = this.#context;
      const { authorization, address } = connection;
      const viewer = await authentication.ofConnection(protocol.connectionParams, authorization, address);
      const wishes = readAckWishes(protocol.connectionParams);
      this.#takeSecret(connection, shownInInit(protocol.connectionParams));
      // As large as the client liked, and kept as long as the socket.
      Object.assign(protocol, { connectionParams: undefined });
      if (!connection.isOpen) return false;
      await this.#admit(connection, viewer, protocol);
      if (!connection.isOpen) return false;
      return ackPayload(wishes, viewer, this.#context.clock.now()) ?? true;
    } catch (error) {
      this.#refuse(connection, error);
      return false;
    }
  }

  /** Who is one too many waits until there is room, as far as it may. Rejects with what `Connection.admit` throws. */
  async #admit(connection: Connection, viewer: Viewer, protocol: ProtocolState): Promise<void> {
    const { sessions, waits } = this.#context;
    // Only of those who wait: a socket would keep it for as long as it lives.
    let closed: AbortSignal | undefined;
    let wait: Wait | undefined;
    try {
      for (let isLast = false; ;) {
        try {
          return connection.admit(viewer, protocol);
        } catch (error) {
          if (!(error instanceof ClientError) || !isTransient(error) || isLast) throw error;
          closed ??= connection.untilClosed();
          if ((await sessions.endGone(viewer.id)) > 0) continue;
          wait ??= waits.begin(viewer.id);
          isLast = !(await wait?.pause(error, closed));
          if (closed.aborted) return;
        }
      }
    } finally {
      wait?.end();
    }
  }

  #refuse(connection: Connection, error: unknown): void {
    const { code, reason } = error instanceof ClientError ? error.extensions : {};
    if (!(error instanceof ClientError)) {
      const { id } = connection.session;
      this.#context.log.error({ err: error, connection: id }, 'a token could not be verified');
      connection.close(closeCodes.internalError);
    } else if (isTransient(error)) {
      if (code === 'LIMIT_EXCEEDED') this.#context.metrics.turnedAway.inc({ why: 'connections' });
      connection.close(closeCodes.tryAgainLater, error.message);
    } else if (reason === 'EXPIRED') {
      connection.close(closeCodes.forbidden, error.message);
    } else {
      connection.close(closeCodes.unauthorized, error.message);
    }
  }
}
