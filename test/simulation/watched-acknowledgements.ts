/** What the client of a simulated connection has received, of which the referee hears as well. */
import type { Answerer } from '../../src/realtime/receipts/receipt.ts';
import type { HeldSlot } from '../../src/realtime/slots/held-slot.ts';
import type { HubSubscription } from '../../src/realtime/subscription.ts';
import { Acknowledgements } from '../../src/transports/websocket/acknowledgements.ts';
import type { Referee } from './referee.ts';
import type { Holding } from './stock-operation.ts';

/** An operation that its client has not ended. */
export interface OpenOperation {
  readonly holding: Holding;
  readonly slot: HeldSlot;
  /** Undefined until it has begun. */
  stream?: HubSubscription;
}

export class WatchedAcknowledgements extends Acknowledgements {
  readonly #open: () => Iterable<OpenOperation>;
  readonly #referee: Referee;

  constructor(send: (text: string) => void, open: () => Iterable<OpenOperation>, referee: Referee) {
    super({ send }, false);
    this.#open = open;
    this.#referee = referee;
  }

  override askOnly(): void {
    for (const { holding, stream } of this.#open())
      holding.asked = stream?.position ? new Map(holding.sent) : null;
    super.askOnly();
  }

  override confirm(by: Answerer | null): void {
    const open = by === null ? [] : this.#open();
    for (const { holding, slot } of open)
      this.#referee.noteAcknowledged(holding, () => slot.state === 'held' || slot.state === 'doubted');
    super.confirm(by);
  }
}
