/** Viewers all of whose slots are to be deleted: at once, or when a store that is away is back. */
import { Unavailable } from '../../lib/unavailable.ts';
import type { Slots } from '../../stores/slots/slots.ts';
import { slotViewerOf } from './slot-key.ts';

/** As many may wait. The slots of more end by themselves, a little later. */
const maxWaiting = 1_000;

export class SlotDeletions {
  readonly #slots: Slots;
  readonly #onFailure: (error: unknown) => void;
  readonly #viewers = new Set<string>();

  /** `onFailure` is told why the slots of a viewer could not be deleted. */
  constructor(slots: Slots, onFailure: (error: unknown) => void) {
    this.#slots = slots;
    this.#onFailure = onFailure;
  }

  add(viewerId: string): void {
    if (this.#viewers.size < maxWaiting) this.#viewers.add(slotViewerOf(viewerId));
  }

  /** Deletes what is to be deleted. Never rejects: what a store that is away did not delete waits for the next time. */
  async run(): Promise<void> {
    for (const viewer of [...this.#viewers]) {
      try {
        await this.#slots.deleteAll(viewer);
        this.#viewers.delete(viewer);
      } catch (error) {
        this.#onFailure(error);
        if (error instanceof Unavailable) return;
        this.#viewers.delete(viewer);
      }
    }
  }
}
