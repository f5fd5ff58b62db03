/** Counts latencies in buckets that grow by one per cent, so that any number of them needs the same memory. */

const growth = 1.01;
const logGrowth = Math.log(growth);
const smallestMs = 0.01;
/** 0.01 ms × 1.01 ^ 1,900 is more than 25 minutes. */
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

  /** The latency in milliseconds that the share `quantile` of all does not exceed; null when there are none. */
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
