/** One WebSocket connection: its outbox, its session, its state in graphql-ws, and how it ends. */
import type { Socket } from 'node:net';
import type { Context } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Viewer } from '../../auth/viewer.ts';
import type { Sender } from '../../http/connections/inbox.ts';
import { callerKey } from '../../operations/gates.ts';
import { newAttempt, type Caller } from '../../operations/request.ts';
import type { Quota } from '../../operations/quota.ts';
import type { OutboxOwner, OutboxSettings } from '../framing.ts';
import { Outbox } from '../outbox.ts';
import type { RightEnded, SessionClient } from '../session-client.ts';
import type { Session } from '../session.ts';
import type { TransportContext } from '../transport.ts';
import { Acknowledgements, type PingPayload } from './acknowledgements.ts';
import type { OwnedWebSocket } from './client-socket.ts';
import { closeCodes, endedRights, limitReason, type CloseCode } from './close-codes.ts';
import { Heartbeat, type Beating } from './heartbeat.ts';
import { leaveInOrder } from './leaving.ts';
import { liveOn } from './live-on.ts';

/** The WebSocket, and the TCP socket below it. */
export interface Sockets {
  readonly webSocket: OwnedWebSocket;
  readonly socket: Socket;
}

/** Longest time in which a reader that is behind has to show that it reads, milliseconds. */
const maxPongGraceMs = 5_000;

export type ProtocolState = Pick<Context, 'acknowledged' | 'subscriptions'>;

export class Connection implements SessionClient, Beating, Sender, OutboxOwner {
  readonly address: string;
  /** The `Authorization` header of the upgrade request, until somebody was admitted. */
  authorization: string | undefined;
  readonly outbox: Outbox;
  readonly session: Session;
  /** Its state in graphql-ws, above all the operation ids in use. Null until a viewer was admitted. */
  protocol: ProtocolState | null = null;
  readonly acknowledgements: Acknowledgements;
  /** Whether somebody waits for a sign of life. */
  #isDoubted = false;
  /** The code of the close frame that asks whether everything was received, which was written before; null where none does. */
  #asksBy: number | null = null;
  #isOver = false;
  #isRevoked = false;
  #leaving: Promise<void> | undefined;
  /** Whether the second ping was due, and the first one is not answered yet. */
  #isOverdue = false;
  closingAt: number | null = null;
  readonly #context: TransportContext;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #heartbeat: Heartbeat;
  #quota: Quota | null = null;

  constructor(
    context: TransportContext,
    outboxes: OutboxSettings,
    sockets: Sockets,
    from: Pick<Connection, 'address' | 'authorization'> & { readonly isGateway: boolean },
  ) {
    const { config, metrics, sessions } = context;
    this.#context = context;
    ({ webSocket: this.#webSocket, socket: this.#socket } = sockets);
    ({ address: this.address, authorization: this.authorization } = from);
    this.acknowledgements = new Acknowledgements(this, from.isGateway);
    this.session = sessions.begin(this, metrics.connections);
    this.#heartbeat = new Heartbeat(config.websocket.keepAliveMs);
    this.outbox = new Outbox(outboxes, this.#socket, this);
    this.#socket.on('drain', () => this.outbox.drained());
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === WebSocket.OPEN && this.closingAt === null;
  }

  /** By whom its work is counted: the viewer, or the address until somebody was admitted. */
  get owner(): string {
    return callerKey({ viewer: this.session.viewer, address: this.address });
  }

  /**
   * `connection_init` was accepted.
   *
   * @throws what `Session.admit` throws
   */
  admit(viewer: Viewer, protocol: ProtocolState): void {
    this.session.admit(viewer);
    this.outbox.unread = this.#context.unread.ofViewer(viewer);
    this.#quota = this.#context.tracker.subscriptionsOnOneOf(viewer, 'A socket');
    this.protocol = protocol;
    this.authorization = undefined;
    // Clients choose the ids: `constructor` is one like any other.
    Object.setPrototypeOf(protocol.subscriptions, null);
  }

  /** The caller of an operation on this socket, who waits for it until `signal` is aborted. */
  callerOf(signal: AbortSignal): Caller {
    const { address } = this;
    const { id: requestId, viewer } = this.session;
    return { viewer, requestId, address, signal, quota: this.#quota, attempt: newAttempt() };
  }

  /** Sends a message of the protocol, in order with all other messages. */
  send(text: string): void {
    this.outbox.pushText(text);
  }

  beforeWrite(now: number): number {
    return this.#heartbeat.ride(this, now);
  }

  overflowed(): void {
    this.#context.metrics.slowReaders.inc();
    this.close(closeCodes.tryAgainLater, 'The client reads too slowly; come back with your cursors.');
  }

  pauseReading(): void {
    this.#webSocket.pause();
  }

  resumeReading(): void {
    this.#webSocket.resume();
  }

  get mayBePinged(): boolean {
    return this.isOpen && this.protocol?.acknowledged === true;
  }

  get awaitsPong(): boolean {
    return this.acknowledgements.isAwaited;
  }

  get isAckDue(): boolean {
    return (this.outbox.hasNew || this.#isDoubted) && this.acknowledgements.isWanted;
  }

  /** `about`: what the client is told by it. */
  ping(about: PingPayload = {}): void {
    this.outbox.noteAsked();
    this.#isDoubted = false;
    const standsSince = this.#context.outage?.standsSince ?? null;
    this.acknowledgements.ask(standsSince === null ? about : { ...about, streamsStandSince: standsSince });
  }

  warn(expiresAt: number): boolean {
    if (!this.mayBePinged || this.awaitsPong) return false;
    this.#heartbeat.postpone(this.#context.clock.elapsed());
    this.ping({ tokenExpiresAt: new Date(expiresAt).toISOString() });
    return true;
  }

  doubted(): void {
    this.#isDoubted = true;
  }

  takePong(payload: Readonly<Record<string, unknown>> | undefined): void {
    if (this.acknowledgements.take(payload)) this.#context.metrics.acknowledgements.inc();
    this.#isOverdue = false;
    this.#heartbeat.postpone(this.#context.clock.elapsed());
  }

  /** Who has not come to the ping yet, because so much stands in front of it, is slow and not gone. */
  missPong(): void {
    this.#isOverdue = true;
    void this.#context.stalled.isTaking(this.#socket, this.#graceMs).then((isTaking) => {
      if (!isTaking && this.awaitsPong) this.terminate();
    });
  }

  async isGone(): Promise<boolean> {
    const { stalled, clock } = this.#context;
    // Whoever was told to go, and has not gone, is waited for in rounds. Nobody else need wait for them.
    if (this.closingAt !== null) return clock.elapsed() - this.closingAt > this.#graceMs / 2;
    return this.#isOverdue && !(await stalled.takesAnything(this.#socket, this.#graceMs)) && this.#isOverdue;
  }

  get #graceMs(): number {
    return Math.min(maxPongGraceMs, this.#context.config.websocket.keepAliveMs);
  }

  /** Aborted when the socket closes. */
  untilClosed(): AbortSignal {
    const closed = new AbortController();
    this.#webSocket.once('close', () => closed.abort());
    return closed.signal;
  }

  tick(now: number): void {
    this.#heartbeat.look(this, now);
  }

  /** Sends what waits, then closes with a reason. Only the first call counts. */
  close({ code, reason }: CloseCode, text: string = reason): void {
    this.closeWith(code, text);
  }

  closeWith(code: number, reason: string): void {
    if (this.closingAt !== null) return;
    // A client that has closed it reads nothing any more.
    const isRead = this.isOpen;
    this.closingAt = this.#context.clock.elapsed();
    this.outbox.flush();
    if (isRead && this.outbox.isEmptied) this.#asksBy = code;
    this.acknowledgements.stop(this.#asksBy !== null);
    this.outbox.end();
    this.#webSocket.close(code, limitReason(reason));
  }

  /** Whether it goes soon, and begins nothing any more. */
  get isLeaving(): boolean {
    return this.#leaving !== undefined;
  }

  /** Whether an operation that ends now may be taken up again: it ends with its connection. */
  get mayComeBack(): boolean {
    return this.#isOver && !this.#isRevoked;
  }

  live() {
    return liveOn(this.protocol, this.outbox.bytes + this.#socket.writableLength);
  }

  restart(): void {
    const close = () => this.close(closeCodes.serviceRestart);
    if (!this.isOpen || !this.acknowledgements.isWanted) return close();
    this.#leaving ??= leaveInOrder(this, this.#context.clock).finally(close);
  }

  revoke(because: RightEnded): void {
    this.#isRevoked = because !== 'expired';
    this.close(...endedRights[because]);
  }

  terminate(): void {
    this.closingAt ??= this.#context.clock.elapsed();
    this.outbox.end();
    this.#webSocket.terminate();
  }

  /** The socket is closed. An answer repeats our code (RFC 6455, 5.5.1). With another one its client has closed it too, and read no more. */
  end(code: number): void {
    this.#isOver = true;
    this.acknowledgements.end(code === this.#asksBy);
    this.outbox.closed();
    this.session.end();
  }
}
