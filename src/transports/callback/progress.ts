/** How far a subscription by callback has come: what its router has taken, for whoever goes on with it, for receipts, and for operators. */
import type { OpenStream } from '../../operations/operations.ts';
import type { Frame, Subscriber } from '../../realtime/frame.ts';
import type { ReceiptTrail } from '../../realtime/receipts/receipt-trail.ts';
import type { StreamPosition } from '../../realtime/resumption.ts';
import type { HeldCallback } from './kept/held-callback.ts';
import type { WaitingResult } from './queue.ts';
import { CallbackReceipts } from './receipts.ts';

export class Progress {
  readonly stream: OpenStream;
  readonly #trail: ReceiptTrail | null;
  readonly #receipts: CallbackReceipts | null;
  readonly #held: HeldCallback | null;
  #acknowledged: StreamPosition | null = null;
  /** Before that results are pieces of one state: who has some of them does not have it. */
  #hasBegun = false;

  constructor(stream: OpenStream, trail: ReceiptTrail | null, held: HeldCallback | null) {
    this.stream = stream;
    this.#trail = trail;
    this.#receipts = trail && new CallbackReceipts(trail);
    this.#held = held;
  }

  start(subscriber: Subscriber): void {
    this.stream.start(subscriber, this.#trail);
    this.#hasBegun = true;
  }

  /** What the router has taken. */
  get acknowledged(): StreamPosition | null {
    return this.#acknowledged;
  }

  /** A result that its router is about to get, behind all others. */
  push(frame: Frame): WaitingResult {
    this.#receipts?.push(frame);
    return { frame, position: this.#hasBegun ? this.stream.position : null };
  }

  /** The router has taken it. `isLast`: nothing else waits. */
  take({ frame, position }: WaitingResult, { isLast }: { readonly isLast: boolean }): void {
    if (position) this.#acknowledge(position);
    this.#receipts?.take(frame, { isLast });
  }

  /** The router has everything that the stream has shown so far, and what it passed over needs nobody. */
  takeAll(): void {
    const { position } = this.stream;
    if (position) this.#acknowledge(position);
  }

  #acknowledge(position: StreamPosition): void {
    const before = this.#acknowledged;
    this.#acknowledged = position;
    if (before?.epoch !== position.epoch || before.offset !== position.offset)
      this.#held?.acknowledge(position);
  }
}
