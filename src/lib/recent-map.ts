/** Owns a bounded memory: what was used least recently is forgotten first. */

export class RecentMap<K, V> {
  readonly #max: number;
  /** In order of last use. */
  readonly #entries = new Map<K, V>();
  /** The one used last: used again, as it mostly is, it stays where it is. */
  #newest: K | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  /** Counts as a use. */
  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined && key !== this.#newest) this.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#newest = key;
    if (this.#entries.size > this.#max) this.#entries.delete(this.#entries.keys().next().value!);
  }

  values(): Iterable<V> {
    return this.#entries.values();
  }
}
