/** One operation on a socket: its stream, the place that is kept for its client, and what its client has received. */
import type { Viewer } from '../../auth/viewer.ts';
import { CallerLeft } from '../../lib/failures/caller-left.ts';
import type { OpenStream } from '../../operations/operations.ts';
import type { Frame, Subscriber } from '../../realtime/frame.ts';
import type { ReceiptKeeper } from '../../realtime/receipts/receipt-keeper.ts';
import type { ReceiptTrail } from '../../realtime/receipts/receipt-trail.ts';
import type { HeldSlot, SlotOwner } from '../../realtime/slots/held-slot.ts';
import { isSharedId, isUniqueId } from '../../realtime/slots/slot-key.ts';
import type { SlotKeeper } from '../../realtime/slots/slot-keeper.ts';
import type { LiveStream } from '../live.ts';
import type { Outbox } from '../outbox.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import { closeCodes } from './close-codes.ts';
import type { Connection, ProtocolState } from './connection.ts';
import { nextMessageHead } from './framing.ts';

/** What an operation needs of the connection that it is on. */
export interface OperationConnection extends Pick<
  Connection,
  'close' | 'terminate' | 'doubted' | 'mayComeBack'
> {
  readonly session: { readonly viewer: Pick<Viewer, 'id'> | null };
  readonly acknowledgements: Pick<Acknowledgements, 'add' | 'delete' | 'areEchoed' | 'untilRead'>;
  readonly outbox: Pick<Outbox, 'pushFrame' | 'ready'>;
}

/**
 * Events of the past that are sent to a router before it has read them: Hive Router 0.3 keeps 32 for each of its clients unless told
 * otherwise, and drops the oldest. Some of those are for what happens meanwhile.
 */
const portion = 16;

/**
 * One operation: a subscriber to the hub, and an entry in graphql-ws' list of operations, which calls `return` when the
 * client completes the operation or the socket closes. Frames go from the hub to the outbox: nothing ever iterates it.
 */
export class SocketOperation implements Subscriber, SlotOwner, AsyncIterable<never> {
  readonly #connection: OperationConnection;
  readonly #head: string;
  /** Aborted when the client leaves before there is an outcome. Null once there is one. */
  #opening: AbortController | null = new AbortController();
  #stream: OpenStream | null = null;
  #isStopped = false;
  /** Events that were sent since all of them were read. */
  #unread = 0;
  #whenRead: Promise<void> | undefined;
  /** Where its place is kept, if it has one. */
  #slot: HeldSlot | undefined;
  /** Where it is noted what its client has received, if anybody keeps that. */
  #trail: ReceiptTrail | null = null;

  constructor(connection: OperationConnection, operationId: string) {
    this.#connection = connection;
    this.#head = nextMessageHead(operationId);
  }

  /** To be used before there is an outcome. */
  get signal(): AbortSignal {
    return this.#opening!.signal;
  }

  /** Null while it has not begun, and where it is none. */
  get stream(): OpenStream | null {
    return this.#stream;
  }

  /** To be called when there is an outcome. Returns whether the client still waits for it. */
  settle(): boolean {
    const isWanted = this.#opening?.signal.aborted === false;
    this.#opening = null;
    return isWanted;
  }

  /** The slot that it has if it is a subscription; undefined where it may have none. */
  claimSlot(slots: SlotKeeper | null, operationId: string): HeldSlot | undefined {
    const { viewer } = this.#connection.session;
    if (!slots || !viewer || !(isUniqueId(operationId) || isSharedId(operationId))) return undefined;
    this.#slot = slots.slotOf({ viewerId: viewer.id, operationId, owner: this, signal: this.signal });
    return this.#slot;
  }

  get live(): LiveStream | null {
    return this.#stream && { stream: this.#stream, acknowledged: this.#slot?.acknowledged ?? null };
  }

  /** Begins to send the events of a stream. */
  begin(stream: OpenStream, receipts: ReceiptKeeper | null): void {
    // Its connection was asked already what it has: what would be sent now would be sent again by the next process.
    if (this.#isStopped) return stream.leave();
    const { acknowledgements, session } = this.#connection;
    this.#stream = stream;
    if (this.#slot) {
      this.#slot.attach(stream);
      acknowledgements.add(this.#slot);
    }
    const viewerId = session.viewer!.id;
    this.#trail = receipts?.trailOf(stream, { viewerId, transport: 'websocket' }) ?? null;
    if (this.#trail) acknowledgements.add(this.#trail);
    stream.start(this, this.#trail);
  }

  send(frame: Frame): void {
    this.#unread += 1;
    this.#connection.outbox.pushFrame(this.#head, frame);
  }

  ready(): Promise<void> | undefined {
    return this.#connection.outbox.ready() ?? this.#untilRead();
  }

  /** Of what it has missed a router gets no more than it keeps; who it is shows in its first pong. */
  #untilRead(): Promise<void> | undefined {
    const { acknowledgements } = this.#connection;
    if (this.#unread < portion || acknowledgements.areEchoed) return undefined;
    this.#whenRead ??= acknowledgements.untilRead().then(() => {
      this.#unread = 0;
      this.#whenRead = undefined;
    });
    return this.#whenRead;
  }

  disconnect(reason: string): void {
    this.#connection.close(closeCodes.tryAgainLater, reason);
  }

  /** Its client came back elsewhere, and gets nothing from here any more: what came late would be taken for the new stream's. */
  replaced(): void {
    this.stop();
    this.#connection.terminate();
  }

  doubted(): void {
    this.#connection.doubted();
  }

  /** Sends nothing more, and does not begin to. */
  stop(): void {
    this.#isStopped = true;
    this.#stream?.leave();
  }

  /** Lets go of its place. Resolves when that is known to all. */
  async letGo(): Promise<void> {
    await this.#slot?.leave();
  }

  /** The client completed the operation, or its socket closed. */
  return(): void {
    this.#opening?.abort(new CallerLeft());
    this.stop();
    this.#trail?.end();
    // Else it waits for the answer to what was sent last.
    if (this.#trail?.isDone) this.#connection.acknowledgements.delete(this.#trail);
    if (!this.#slot) return;
    this.#connection.acknowledgements.delete(this.#slot);
    if (this.#connection.mayComeBack) void this.#slot.leave();
    else this.#slot.delete();
  }

  [Symbol.asyncIterator](): never {
    throw new Error('Frames go from the hub to the outbox, not through graphql-ws.');
  }
}

/** The operations of a connection by their ids, as graphql-ws lists them. */
export const operationsIn = (
  protocol: Pick<ProtocolState, 'subscriptions'> | null,
): [string, SocketOperation][] =>
  Object.entries<unknown>(protocol?.subscriptions ?? {}).filter(
    (entry): entry is [string, SocketOperation] => entry[1] instanceof SocketOperation,
  );
