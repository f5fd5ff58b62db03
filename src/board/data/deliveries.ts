/** Asks now and then whether the assignment of the selected dispatch has reached its crew, of which no event tells. */
import type { LiveClient } from '../../../packages/live/src/index.ts';
import { deliveryQuery, type Delivery } from '../live/watch-operations.ts';
import { isAwaited, type Dispatch } from './dispatch.ts';

export interface KnownDelivery {
  readonly assignmentId: string;
  readonly state: Delivery;
  /** ISO 8601. */
  readonly deliveredAt: string | null;
}

const everyMs = 3_000;

export class Deliveries {
  readonly #live: LiveClient;
  readonly #onChange: () => void;
  #known: KnownDelivery | null = null;
  #asked: { readonly assignmentId: string; readonly atMs: number } | null = null;

  constructor(live: LiveClient, onChange: () => void) {
    this.#live = live;
    this.#onChange = onChange;
  }

  /** Null until it is known. */
  of({ assignment }: Dispatch): KnownDelivery | null {
    return this.#known?.assignmentId === assignment?.id ? this.#known : null;
  }

  /** Called once a second with the selected dispatch. */
  look(dispatch: Dispatch | undefined): void {
    const { assignment } = dispatch ?? {};
    if (!dispatch || !assignment || assignment.endedAt !== null) return;
    const known = this.of(dispatch);
    if (known?.state === 'DELIVERED' || (known && !isAwaited(dispatch))) return;
    const isOther = this.#asked?.assignmentId !== assignment.id;
    if (!isOther && performance.now() - this.#asked!.atMs < everyMs) return;
    this.#asked = { assignmentId: assignment.id, atMs: performance.now() };
    void this.#ask(dispatch.id);
  }

  async #ask(id: string): Promise<void> {
    // Where it cannot be asked now, it is asked again.
    const answer = await this.#live.request(deliveryQuery, { id }).catch(() => null);
    const assignment = answer?.dispatch?.assignment;
    if (!assignment) return;
    const { id: assignmentId, delivery: state, deliveredAt } = assignment;
    this.#known = { assignmentId, state, deliveredAt };
    this.#onChange();
  }
}
