/** Slots of streams that have begun without one, since the store was away: they are taken when it is back. */
import type { HeldSlot } from './held-slot.ts';

export class SlotsAway {
  readonly #take: (held: HeldSlot) => Promise<boolean>;
  /** By generation. */
  readonly #away = new Map<string, HeldSlot>();

  /** `take` takes one; it resolves with false where the store is away still. */
  constructor(take: (held: HeldSlot) => Promise<boolean>) {
    this.#take = take;
  }

  add(held: HeldSlot): void {
    held.state = 'away';
    this.#away.set(held.generation, held);
  }

  has(generation: string): boolean {
    return this.#away.has(generation);
  }

  delete(held: HeldSlot): void {
    this.#away.delete(held.generation);
  }

  /**
   * One whose client does not show that it is here may be a ghost, which would take the slot from where its client is by now.
   */
  async takeAll(): Promise<void> {
    for (const held of [...this.#away.values()]) {
      if (held.state !== 'away') continue;
      if (!held.isHere) {
        held.owner.doubted();
        continue;
      }
      held.isHere = false;
      if (!(await this.#take(held))) return;
    }
  }
}
