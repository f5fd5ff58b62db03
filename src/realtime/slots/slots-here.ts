/** All slots of this process, by operation: whoever comes back to it finds their ghost, whatever the store knows of it. */
import type { SlotKey } from '../../stores/slots/slots.ts';
import type { HeldSlot } from './held-slot.ts';

export class SlotsHere {
  readonly #byOperation = new Map<SlotKey['operation'], HeldSlot>();

  /** Of the same client; null too where the id may be that of another one, who lives. */
  ghostOf(held: HeldSlot): HeldSlot | null {
    const ghost = this.#byOperation.get(held.key!.operation);
    const isOwn = ghost && ghost !== held && ghost.key!.viewer === held.key!.viewer;
    return isOwn && !held.isShared ? ghost : null;
  }

  /** To be called before it is over. */
  add(held: HeldSlot): void {
    this.#byOperation.set(held.key!.operation, held);
  }

  delete(held: HeldSlot): void {
    const operation = held.key?.operation;
    if (operation !== undefined && this.#byOperation.get(operation) === held)
      this.#byOperation.delete(operation);
  }
}
