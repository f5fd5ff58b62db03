/** Owns latencies: many of them in little space, each within one per cent. */

const growth = 1.01;
const logGrowth = Math.log(growth);
const smallestMs = 0.01;
/** Up to a quarter of an hour. */
const buckets = 1_900;

export class Latencies {
  readonly #counts = new Uint32Array(buckets);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(ms: number): void {
    const bucket =
      ms <= smallestMs ? 0 : Math.min(buckets - 1, Math.ceil(Math.log(ms / smallestMs) / logGrowth));
    this.#counts[bucket]! += 1;
    this.#total += 1;
  }

  /** The time that the share `quantile` of all did not exceed, milliseconds; null when there was none. */
  quantile(quantile: number): number | null {
    if (this.#total === 0) return null;
    let left = Math.max(1, Math.ceil(this.#total * quantile));
    const bucket = this.#counts.findIndex((count) => (left -= count) <= 0);
    return smallestMs * growth ** bucket;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }
}
