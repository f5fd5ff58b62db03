/** The texts that clients have sent with their hashes, so that they need not send them again. */
import { LRUCache } from 'lru-cache';

/** Of which the least recently used are forgotten first: whoever names one of those sends its text again. */
export class PersistedQueries {
  readonly #texts: LRUCache<string, string>;

  constructor(maxBytes: number) {
    this.#texts = new LRUCache({ maxSize: maxBytes, sizeCalculation: (text) => 2 * text.length + 128 });
  }

  textOf(id: string): string | undefined {
    return this.#texts.get(id);
  }

  /** One that is larger than all may be is not kept. */
  keep(id: string, text: string): void {
    this.#texts.set(id, text);
  }
}
