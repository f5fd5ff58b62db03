/** Knows which ids have been seen, however many: of each it keeps 64 bits that are made of it, and not its text. */
import { hashText } from '../random.ts';

/** The second half is of the same text with this in front. */
const salt = '\u0001';
const firstSlots = 1_024;

export class SeenIds {
  /** Pairs of numbers, in the place that the first one says or the next free one; both are 0 where nothing is. */
  #slots = new Uint32Array(2 * firstSlots);
  #count = 0;

  /** Returns whether the id is new. */
  add(id: string): boolean {
    const [high, low] = [hashText(id), hashText(salt + id) || 1];
    if (!this.#put(high, low)) return false;
    this.#count += 1;
    if (4 * this.#count > this.#slots.length) this.#grow();
    return true;
  }

  #put(high: number, low: number): boolean {
    const slots = this.#slots;
    const last = slots.length / 2 - 1;
    for (let slot = high & last; ; slot = (slot + 1) & last) {
      if (slots[2 * slot + 1] === 0) {
        slots[2 * slot] = high;
        slots[2 * slot + 1] = low;
        return true;
      }
      if (slots[2 * slot] === high && slots[2 * slot + 1] === low) return false;
    }
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Uint32Array(2 * before.length);
    for (let at = 0; at < before.length; at += 2)
      if (before[at + 1] !== 0) this.#put(before[at]!, before[at + 1]!);
  }
}
