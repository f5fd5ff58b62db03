/**
 * A WebSocket of a stock client, as a process has it: does what `Connection` does, with those of its parts that know no sockets, and
 * with an outbox that writes at once.
 */
import type { Clock } from '../../src/lib/clock.ts';
import { Unavailable } from '../../src/lib/unavailable.ts';
import type { Frame } from '../../src/realtime/frame.ts';
import type { Resumption } from '../../src/realtime/resumption.ts';
import type { HeldSlot } from '../../src/realtime/slots/held-slot.ts';
import type { HubSubscription } from '../../src/realtime/subscription.ts';
import { closeCodes, type CloseCode } from '../../src/transports/websocket/close-codes.ts';
import { Heartbeat, type Beating } from '../../src/transports/websocket/heartbeat.ts';
import { leaveInOrder, type LeavingConnection } from '../../src/transports/websocket/leaving.ts';
import {
  SocketOperation,
  type OperationConnection,
} from '../../src/transports/websocket/socket-operation.ts';
import { Unread } from './connection.ts';
import type { Path } from './path.ts';
import type { SimulatedProcess } from './process.ts';
import { calmMs, type Referee } from './referee.ts';
import type { Holding, StockOperation } from './stock-operation.ts';
import type { Update } from './streams.ts';
import { WatchedAcknowledgements, type OpenOperation } from './watched-acknowledgements.ts';

/** The client's end. */
export interface ClientEnd {
  readonly viewerId: string;
  /** Whether the client has no newer connection. */
  isCurrent(): boolean;
  next(holding: Holding, update: Update): void;
  ping(payload: Readonly<Record<string, unknown>>): void;
  /** The close frame. */
  closed(): void;
}

export interface ServerConnectionOptions {
  readonly process: SimulatedProcess;
  readonly clock: Clock;
  readonly path: Path;
  readonly client: ClientEnd;
  readonly referee: Referee;
}

export const keepAliveMs = 5_000;
/** How often an operation is tried that cannot begin, and the pause between. */
const attempts = { most: 3, pauseMs: 500 };
/** Client and store have answered within so long, so that a process that ends has waited for both, milliseconds. */
const quickMs = 400;
const noCloseFrame = 1006;

export class ServerConnection implements Beating, LeavingConnection, OperationConnection {
  readonly protocol: NonNullable<LeavingConnection['protocol']> = {
    acknowledged: true,
    subscriptions: Object.create(null) as Record<string, never>,
  };
  readonly acknowledgements: WatchedAcknowledgements;
  readonly session: OperationConnection['session'];
  readonly outbox: OperationConnection['outbox'];
  closingAt: number | null = null;
  readonly #options: ServerConnectionOptions;
  readonly #unread = new Unread();
  readonly #heartbeat = new Heartbeat(keepAliveMs);
  /** By operation id. */
  readonly #open = new Map<string, OpenOperation>();
  #hasNew = false;
  #isDoubted = false;
  #isOver = false;
  #leaving: Promise<void> | undefined;

  constructor(options: ServerConnectionOptions) {
    const { client, path, referee } = options;
    this.#options = options;
    this.session = { viewer: { id: client.viewerId } };
    this.outbox = {
      pushFrame: (head, frame) => this.#push(head, frame),
      ready: () => (this.closingAt === null ? this.#unread.ready() : undefined),
    };
    this.acknowledgements = new WatchedAcknowledgements(
      (text) => {
        const { payload } = JSON.parse(text) as { readonly payload: Readonly<Record<string, unknown>> };
        if (this.closingAt === null) path.toClient(() => client.ping(payload));
      },
      () => this.#open.values(),
      referee,
    );
    path.onGone(() => this.end(noCloseFrame));
  }

  get isOpen(): boolean {
    return this.closingAt === null && !this.#isOver;
  }

  get mayBePinged(): boolean {
    return this.isOpen;
  }

  get awaitsPong(): boolean {
    return this.acknowledgements.isAwaited;
  }

  get isAckDue(): boolean {
    return (this.#hasNew || this.#isDoubted) && this.acknowledgements.isWanted;
  }

  get mayComeBack(): boolean {
    return this.#isOver;
  }

  ping(): void {
    this.#hasNew = false;
    this.#isDoubted = false;
    this.acknowledgements.ask();
  }

  doubted(): void {
    this.#isDoubted = true;
  }

  missPong(): void {
    this.terminate();
  }

  tick(now: number): void {
    this.#heartbeat.look(this, now);
  }

  takePong(payload: Readonly<Record<string, unknown>> | undefined): void {
    if (this.#isOver) return;
    this.acknowledgements.take(payload);
    this.#heartbeat.postpone(this.#options.clock.elapsed());
  }

  subscribe(operation: StockOperation): void {
    if (this.isOpen && !this.#leaving) void this.#answer(operation);
  }

  complete(id: string): void {
    const operation = this.protocol.subscriptions[id] as SocketOperation | undefined;
    if (this.#isOver || !operation) return;
    operation.return();
    this.#open.get(id)!.holding.isLeft = true;
    delete this.protocol.subscriptions[id];
    this.#open.delete(id);
  }

  close(_code: CloseCode): void {
    if (this.closingAt !== null) return;
    const { clock, path, client } = this.#options;
    this.closingAt = clock.elapsed();
    this.acknowledgements.askOnly();
    this.acknowledgements.stop();
    path.toClient(() => {
      path.toServer(() => this.end(closeCodes.serviceRestart.code));
      client.closed();
    });
  }

  restart(): void {
    if (!this.isOpen || !this.acknowledgements.isWanted) return this.close(closeCodes.serviceRestart);
    const { clock, referee, process } = this.#options;
    const began = clock.elapsed();
    this.#leaving ??= leaveInOrder(this, clock).then(() => {
      const wasQuick = clock.elapsed() - began < quickMs;
      if (this.isOpen && wasQuick && !this.awaitsPong && referee.isCalm(process.host, began - calmMs))
        this.#checkLeft();
      this.close(closeCodes.serviceRestart);
    });
  }

  terminate(): void {
    this.closingAt ??= this.#options.clock.elapsed();
    this.acknowledgements.stop();
    this.#options.path.cut();
  }

  /** The socket is closed. */
  end(code: number): void {
    if (this.#isOver || this.#options.process.host.isDead) return;
    this.#isOver = true;
    if (this.closingAt !== null && code !== noCloseFrame) this.acknowledgements.confirm('socket');
    this.#options.process.connections.delete(this);
    for (const { holding } of this.#open.values()) holding.isLeft = true;
    if (this.#options.client.isCurrent())
      for (const { holding } of this.#open.values()) holding.operation.leave(this.#options.clock.elapsed());
    for (const operation of Object.values(this.protocol.subscriptions))
      (operation as SocketOperation).return();
  }

  async #answer(of: StockOperation): Promise<void> {
    const { process, referee, client } = this.#options;
    const operation = new SocketOperation(this, of.id);
    this.protocol.subscriptions[of.id] = operation;
    const slot = operation.claimSlot(process.keeper, of.id)!;
    const open: OpenOperation = { holding: referee.hold(slot.generation, of, process.host), slot };
    this.#open.set(of.id, open);
    const stream = await this.#openPatiently(of, { slot, signal: operation.signal });
    if (!stream || !operation.settle()) return stream?.leave();
    open.stream = stream;
    open.holding.hasBegun = true;
    // What was committed before may be shown or not; everything else must be.
    const isNew = of.isShared ? open.holding.isOwedNothing : open.holding.isNew;
    if (isNew && client.isCurrent()) of.beginAnew(process.truth);
    if (client.isCurrent()) of.enter();
    operation.begin(stream, null);
  }

  /** Undefined where it was given up. */
  async #openPatiently(
    of: StockOperation,
    { slot, signal }: { readonly slot: HeldSlot; readonly signal: AbortSignal },
  ): Promise<HubSubscription | undefined> {
    const { process, client, clock } = this.#options;
    const { holding } = this.#open.get(of.id)!;
    const find: Resumption['find'] = async (request) => {
      const found = await slot.find(request);
      // Where nobody has asked the store, it may be there.
      const isToldNothing = found === null && holding.isAnswered && !holding.isLost;
      holding.isNew = request.begin !== null && isToldNothing;
      return found;
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await process.subscribe(of.request, {
          viewerId: client.viewerId,
          signal,
          resumption: { find },
        });
      } catch (error) {
        if (signal.aborted) return undefined;
        if (attempt === attempts.most || !(error instanceof Unavailable)) {
          this.close(closeCodes.tryAgainLater);
          return undefined;
        }
        await clock.sleep(attempts.pauseMs, signal);
      }
    }
  }

  #push(head: string, { payload }: Pick<Frame, 'payload'>): void {
    if (this.closingAt !== null) return;
    const { path, client, referee } = this.#options;
    this.#hasNew = true;
    const { id, payload: result } = JSON.parse(`${head}${payload.toString()}}`) as NextMessage;
    const { holding } = this.#open.get(id)!;
    const update = result.data.counted;
    referee.noteSent(holding, update);
    this.#unread.add();
    path.toClient(() => {
      this.#unread.take();
      client.next(holding, update);
    });
    // Behind all that is sent in this turn, as by an outbox.
    queueMicrotask(() => {
      if (this.isOpen) this.#heartbeat.ride(this, this.#options.clock.elapsed());
    });
  }

  #checkLeft(): void {
    const { process, referee } = this.#options;
    for (const { holding, stream } of this.#open.values()) {
      const { operation, sent, isReplaced } = holding;
      if (operation.latest === holding && !isReplaced && stream?.position && !operation.isTold(sent))
        referee.find(`${process.host.name} ends, and does not tell what ${operation.label} has`);
    }
  }
}

interface NextMessage {
  readonly id: string;
  readonly payload: { readonly data: { readonly counted: Update } };
}
