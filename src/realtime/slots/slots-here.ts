/** All slots of this process, by operation: whoever comes back to it finds their ghosts, whatever the store knows of them. */
import type { SlotKey } from '../../stores/slots/slots.ts';
import type { HeldSlot } from './held-slot.ts';

type Slots = Map<SlotKey['operation'], HeldSlot>;

export class SlotsHere {
  /** Those that have their slot, or go on without. */
  readonly #settled: Slots = new Map();
  /** Of those that have asked for it and were not answered yet, the last ones. */
  readonly #asking: Slots = new Map();

  /** Who has the slot, or goes on without, for the same client; null too where the id may be that of another one, who lives. */
  holderFor(held: HeldSlot): HeldSlot | null {
    const holder = this.#settled.get(held.key!.operation);
    return holder && isGhostOf(holder, held) ? holder : null;
  }

  /** The same, and those who have asked before it and were not answered yet. */
  ghostsOf(held: HeldSlot): readonly HeldSlot[] {
    const ghosts: HeldSlot[] = [];
    const holder = this.holderFor(held);
    if (holder) ghosts.push(holder);
    for (let { elder } = held; elder; { elder } = elder) if (isGhostOf(elder, held)) ghosts.push(elder);
    return ghosts;
  }

  /** It asks for its slot, for the first time. */
  ask(held: HeldSlot): void {
    const { operation } = held.key!;
    held.elder = this.#asking.get(operation) ?? null;
    this.#asking.set(operation, held);
  }

  /** It was answered. To be called before it is over. */
  settle(held: HeldSlot): void {
    this.#answer(held);
    this.#settled.set(held.key!.operation, held);
  }

  delete(held: HeldSlot): void {
    if (!held.key) return;
    this.#answer(held);
    drop(this.#settled, held);
  }

  #answer(held: HeldSlot): void {
    held.elder = null;
    drop(this.#asking, held);
  }
}

const isGhostOf = (one: HeldSlot, held: HeldSlot): boolean =>
  one !== held && !held.isShared && one.key!.viewer === held.key!.viewer;

function drop(slots: Slots, held: HeldSlot): void {
  const { operation } = held.key!;
  if (slots.get(operation) === held) slots.delete(operation);
}
