/** Older events in memory, in chunks: read from the event log for one who resumes, and kept for those who resume next. */
import { LRUCache } from 'lru-cache';
import type { StreamEntry } from './event-window.ts';

export type History =
  { readonly kind: 'entries'; readonly entries: readonly StreamEntry[] } | { readonly kind: 'lost' };

/** Entries of one read. A chunk begins at a multiple of it, so that those who resume at nearby offsets share it. */
export const chunkEntries = 256;

/** Chunks of all topics, at most `max`. */
export class EventChunks {
  readonly #chunks: LRUCache<string, Promise<History>>;

  constructor(max: number) {
    this.#chunks = new LRUCache({ max });
  }

  /** The chunk with this key. Calls `read` unless the chunk is here, or is being read. */
  get(key: string, read: () => Promise<History>): Promise<History> {
    const known = this.#chunks.get(key);
    if (known) return known;
    const reading = read();
    this.#chunks.set(key, reading);
    const drop = () => {
      if (this.#chunks.peek(key) === reading) this.#chunks.delete(key);
    };
    // Only a full chunk is kept: a shorter one has yet to grow.
    void reading.then((result) => {
      if (result.kind === 'lost' || result.entries.length < chunkEntries) drop();
    }, drop);
    return reading;
  }
}
