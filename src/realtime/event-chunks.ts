/** Owns chunks of older events in memory: read from the event log for one who resumes, and kept for the next ones. */
import type { StreamEntry } from './event-window.ts';

export type History =
  { readonly kind: 'entries'; readonly entries: readonly StreamEntry[] } | { readonly kind: 'lost' };

/** Entries read from the log at once. Chunks begin at multiples of it, so that those who resume nearby share them. */
export const chunkEntries = 256;

/** Chunks of all topics, as many as `max`, in the order of their reading. */
export class EventChunks {
  readonly #chunks = new Map<string, Promise<History>>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** The chunk of this key, `read` unless that was done or is under way. */
  get(key: string, read: () => Promise<History>): Promise<History> {
    const known = this.#chunks.get(key);
    if (known) return known;
    const reading = read();
    this.#chunks.set(key, reading);
    if (this.#chunks.size > this.#max) this.#chunks.delete(this.#chunks.keys().next().value!);
    const forget = () => {
      if (this.#chunks.get(key) === reading) this.#chunks.delete(key);
    };
    // Only a full chunk is final: a shorter one has yet to grow.
    void reading.then((result) => {
      if (result.kind === 'lost' || result.entries.length < chunkEntries) forget();
    }, forget);
    return reading;
  }
}
