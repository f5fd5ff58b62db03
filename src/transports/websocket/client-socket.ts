/** The WebSocket of one client, between ws, which says what happens on it, and graphql-ws, which keeps to the protocol. */
import { CloseCode, MessageType, parseMessage, type WebSocket as ProtocolSocket } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Inbox } from '../../http/connections/inbox.ts';
import type { TransportContext } from '../transport.ts';
import { readPong } from './acknowledgements.ts';
import { closeCodes, closeLabel } from './close-codes.ts';
import type { Connection } from './connection.ts';
import { refuseLargeFrame } from './large-frame.ts';
import { answerRenewingPing } from './renewal.ts';
import { answerSubscribe, isSubscribe, type SubscribeContext } from './subscribe.ts';

/** Knows whose it is, so that all of them share their listeners. */
export class OwnedWebSocket extends WebSocket {
  client: ClientSocket | null = null;
}

export type ClientSocketContext = TransportContext & SubscribeContext;

/** There are very many: a function for each of them would take more memory than what it is about. */
export class ClientSocket implements ProtocolSocket {
  readonly protocol: string;
  readonly connection: Connection;
  readonly #context: ClientSocketContext;
  readonly #inbox: Inbox;
  /** Hands a message to graphql-ws. */
  #receive: ((text: string) => Promise<void>) | undefined;
  /** Tells graphql-ws that the socket has closed. */
  #end: ((code: number, reason: string) => Promise<void>) | undefined;
  #cancelTimeout: (() => void) | undefined;

  constructor(context: ClientSocketContext, webSocket: OwnedWebSocket, connection: Connection, inbox: Inbox) {
    this.protocol = webSocket.protocol;
    this.#context = context;
    this.connection = connection;
    this.#inbox = inbox;
    webSocket.client = this;
    // ws closes the socket by itself after an error, with a code that says what was wrong.
    webSocket.on('message', onMessage).on('error', onError).on('close', onClose);
    const { clock, config } = context;
    this.#cancelTimeout = clock.after(config.websocket.connectionInitTimeoutMs, () =>
      this.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'),
    );
  }

  /** For graphql-ws, which by itself would keep its timer for as long as the socket lives. */
  noteInit(): void {
    this.#cancelTimeout?.();
    this.#cancelTimeout = undefined;
  }

  /** `end` is to be called when the socket has closed. */
  open(end: (code: number, reason: string) => Promise<void>): void {
    this.#end = end;
  }

  send(text: string): void {
    this.connection.send(text);
  }

  close(code = 1000, reason = ''): void {
    this.connection.closeWith(code, reason);
  }

  onMessage(receive: (text: string) => Promise<void>): void {
    this.#receive = receive;
  }

  take(data: Buffer): void {
    if (this.connection.closingAt !== null) return;
    try {
      this.#handle(data)?.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Returns a promise only where something waits. */
  #handle(data: Buffer): Promise<void> | undefined {
    const context = this.#context;
    const connection = this.connection;
    const { websocket } = context.config;
    if (data.length > websocket.maxFrameBytes) {
      refuseLargeFrame(connection, data, websocket);
      return undefined;
    }
    const text = data.toString();
    const pong = readPong(text);
    if (pong) {
      connection.takePong(pong.payload);
      return undefined;
    }
    // Whoever is about to be sent away sends everything again to the next process.
    if (connection.isLeaving && isSubscribe(text)) return undefined;
    const answered =
      answerSubscribe(context, connection, text) ?? answerRenewingPing(context, connection, text);
    if (answered) return answered;
    if (!isServersMessage(text)) return this.#receive?.(text);
    connection.close(closeCodes.badRequest);
    return undefined;
  }

  #fail(error: unknown): void {
    const { id } = this.connection.session;
    this.#context.log.error({ err: error, connection: id }, 'a message could not be handled');
    this.connection.close(closeCodes.internalError);
  }

  noteError(error: Error): void {
    // What comes after a frame that is none is not for ws any more.
    this.#inbox.stop();
    const { id } = this.connection.session;
    this.#context.log.debug({ err: error, connection: id }, 'a socket failed');
  }

  noteClosed(code: number, reason: string): void {
    const { log, metrics } = this.#context;
    const connection = this.connection;
    this.noteInit();
    connection.end(code);
    metrics.connectionsClosed.inc({ code: closeLabel(code) });
    this.#end?.(code, reason).catch((error: unknown) =>
      log.error({ err: error, connection: connection.session.id }, 'the end of a socket failed'),
    );
  }
}

function onMessage(this: WebSocket, data: Buffer): void {
  (this as OwnedWebSocket).client!.take(data);
}

function onError(this: WebSocket, error: Error): void {
  (this as OwnedWebSocket).client!.noteError(error);
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  (this as OwnedWebSocket).client!.noteClosed(code, String(reason));
}

const serversMessages: ReadonlySet<MessageType> = new Set([
  MessageType.ConnectionAck,
  MessageType.Next,
  MessageType.Error,
]);

/** A message that only servers send. graphql-ws throws upon it, as if the mistake were ours. */
function isServersMessage(text: string): boolean {
  try {
    return serversMessages.has(parseMessage(text).type);
  } catch {
    // graphql-ws finds the same, and closes the socket.
    return false;
  }
}
