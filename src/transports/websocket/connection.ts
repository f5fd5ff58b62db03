/** Owns one WebSocket connection: its outbox, its viewer, and how it ends. */
import type { Socket } from 'node:net';
import type { Context } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Viewer } from '../../auth/viewer.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { FlushScheduler } from '../flush-scheduler.ts';
import { Outbox } from '../outbox.ts';
import { webSocketFraming } from './framing.ts';
import type { Leave } from '../connection-tracker.ts';
import type { Clock } from '../../lib/clock.ts';
import { closeCodes, type CloseCode } from './close-codes.ts';
import { limitExceeded, type Quota } from '../../operations/operations.ts';

export interface ConnectionOptions {
  readonly id: string;
  readonly webSocket: WebSocket;
  /** The socket below, as the `upgrade` event gave it. */
  readonly socket: Socket;
  readonly address: string;
  readonly authorization: string | undefined;
  readonly scheduler: FlushScheduler;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** See `OutboxOptions.maxBytes`. */
  readonly outboxMaxBytes: number;
  readonly maxSubscriptions: number;
}

export type ProtocolState = Pick<Context, 'acknowledged' | 'subscriptions'>;

/** Longest reason that fits into a close frame, RFC 6455 section 5.5, bytes. */
const maxReasonBytes = 123;

export class Connection {
  readonly id: string;
  readonly address: string;
  /** The `Authorization` header of the upgrade request. */
  readonly authorization: string | undefined;
  readonly outbox: Outbox;
  /** Set once `connection_init` was accepted. */
  viewer: Viewer | null = null;
  /** Ends the viewer's attendance; set together with `viewer`. */
  leave: Leave | null = null;
  /** Ends the watch over the viewer's token; set together with `viewer`. */
  unwatch: () => void = () => {};
  /** What graphql-ws knows of it, the operation ids in use above all; set together with `viewer`. */
  protocol: ProtocolState | null = null;
  /** The places that its subscriptions take. */
  readonly places: Quota;
  /** See `noteActivity`. Milliseconds since the Unix epoch. */
  activeAt: number;
  /** When the connection is to be pinged next, milliseconds since the Unix epoch; set by the watch. */
  pingAt = 0;
  awaitsPong = false;
  /** When closing began, milliseconds since the Unix epoch. */
  closingAt: number | null = null;
  readonly #webSocket: WebSocket;
  readonly #clock: Clock;

  constructor(options: ConnectionOptions) {
    const { id, webSocket, socket, address, authorization, scheduler, clock, metrics, outboxMaxBytes } =
      options;
    this.id = id;
    this.address = address;
    this.authorization = authorization;
    this.#webSocket = webSocket;
    this.#clock = clock;
    this.activeAt = clock.now();
    this.places = new SocketPlaces(options.maxSubscriptions);
    this.outbox = new Outbox({
      socket,
      framing: webSocketFraming,
      scheduler,
      metrics,
      maxBytes: outboxMaxBytes,
      onOverflow: () => {
        metrics.slowReaders.inc();
        this.close(closeCodes.tryAgainLater, 'The client reads too slowly; come back with your cursors.');
      },
    });
    socket.on('drain', () => this.outbox.drained());
    webSocket.on('pong', () => {
      this.awaitsPong = false;
    });
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === WebSocket.OPEN;
  }

  /** The client begins an operation. */
  noteActivity(): void {
    this.activeAt = this.#clock.now();
  }

  /** Sends a message of the protocol, in order with all other messages. */
  send(text: string): void {
    this.outbox.pushText(text);
  }

  ping(): void {
    this.awaitsPong = true;
    if (this.isOpen) this.#webSocket.ping();
  }

  /** Says why and closes; what waits is sent before. Only the first call counts. */
  close({ code, reason }: CloseCode, text: string = reason): void {
    this.closeWith(code, text);
  }

  /** The same with a code of graphql-ws' own. */
  closeWith(code: number, reason: string): void {
    if (this.closingAt !== null) return;
    this.closingAt = this.#clock.now();
    this.outbox.flush();
    this.outbox.end();
    this.#webSocket.close(code, limitReason(reason));
  }

  /** Asks the client to come back, to whoever goes on. */
  restart(): void {
    this.close(closeCodes.serviceRestart);
  }

  /** Ends the socket without a word, for a client that does not answer. */
  terminate(): void {
    this.closingAt ??= this.#clock.now();
    this.outbox.end();
    this.#webSocket.terminate();
  }
}

class SocketPlaces implements Quota {
  readonly #max: number;
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  take(): void {
    if (this.#taken >= this.#max)
      throw limitExceeded(`A socket may have ${this.#max} subscriptions at a time.`);
    this.#taken += 1;
  }

  release(): void {
    this.#taken -= 1;
  }
}

function limitReason(reason: string): string {
  return Buffer.byteLength(reason) <= maxReasonBytes ? reason : `${reason.slice(0, maxReasonBytes / 4)}…`;
}
