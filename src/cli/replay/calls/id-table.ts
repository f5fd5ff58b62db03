/** A set of ids in memory, of each of which there are 64 bits, as two numbers. */

const firstSlots = 1_024;

export class IdTable {
  /** Pairs of numbers, in the place that the first one says or the next free one; the second is 0 where nothing is. */
  #slots = new Uint32Array(2 * firstSlots);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** `low` is never 0. Returns whether it is new. */
  add(high: number, low: number): boolean {
    if (!this.#put(high, low)) return false;
    this.#count += 1;
    if (4 * this.#count > this.#slots.length) this.#grow();
    return true;
  }

  /** All of them, sorted. */
  sorted(): BigUint64Array {
    const ids = new BigUint64Array(this.#count);
    let count = 0;
    for (let at = 0; at < this.#slots.length; at += 2)
      if (this.#slots[at + 1] !== 0) ids[count++] = joined(this.#slots[at]!, this.#slots[at + 1]!);
    return ids.sort();
  }

  clear(): void {
    this.#slots.fill(0);
    this.#count = 0;
  }

  #put(high: number, low: number): boolean {
    const slot = this.#slotOf(high, low);
    if (this.#slots[2 * slot + 1] !== 0) return false;
    this.#slots[2 * slot] = high;
    this.#slots[2 * slot + 1] = low;
    return true;
  }

  /** Where it is, or would be. */
  #slotOf(high: number, low: number): number {
    const slots = this.#slots;
    const last = slots.length / 2 - 1;
    let slot = high & last;
    while (slots[2 * slot + 1] !== 0 && (slots[2 * slot] !== high || slots[2 * slot + 1] !== low))
      slot = (slot + 1) & last;
    return slot;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Uint32Array(2 * before.length);
    for (let at = 0; at < before.length; at += 2)
      if (before[at + 1] !== 0) this.#put(before[at]!, before[at + 1]!);
  }
}

export const joined = (high: number, low: number): bigint => (BigInt(high) << 32n) | BigInt(low);
