/** Receipts of a subscription by callback: each result that a router takes is one, and of all before it. */
import type { Frame } from '../../realtime/frame.ts';
import type { ReceiptTrail } from '../../realtime/receipts/receipt-trail.ts';

/** While one result is looked out for, others may wait behind it: of them the next one is. */
export class CallbackReceipts {
  readonly #trail: ReceiptTrail;
  #awaited: Frame | null = null;

  constructor(trail: ReceiptTrail) {
    this.#trail = trail;
  }

  /** A result waits to be sent, behind all others. */
  push(frame: Frame): void {
    if (this.#awaited !== null) return;
    this.#awaited = frame;
    this.#trail.ask();
  }

  /** The router has taken it. `isLast`: nothing else waits. */
  take(frame: Frame, { isLast }: { readonly isLast: boolean }): void {
    if (frame === this.#awaited) {
      this.#awaited = null;
      this.#trail.acknowledge('gateway');
    }
    if (!isLast) return;
    this.#trail.ask();
    this.#trail.acknowledge('gateway');
  }
}
