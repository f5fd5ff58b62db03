/** Owns the newest events of topics in memory, so that whoever reconnects soon costs no reading and no second execution. */
import type { TopicEvent } from './topic.ts';

/** An offset of the topic with its event; the event is null when it could not be read, and is passed over. */
export interface StreamEntry {
  readonly offset: number;
  readonly at: number;
  readonly event: TopicEvent<unknown> | null;
}

/** Newest entries that one topic keeps. */
const maxEntries = 256;

/** The newest entries of one topic, without a hole between them. */
export class EventWindow {
  readonly #budget: WindowBudget;
  #entries: StreamEntry[] = [];
  /** Entries that are gone already and that the budget still counts; they are older than those that are here. */
  #owed = 0;

  constructor(budget: WindowBudget) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#entries.length;
  }

  push(entry: StreamEntry): void {
    this.#entries.push(entry);
    // Not one at a time: to move the rest costs more than to keep some for longer.
    if (this.#entries.length > 2 * maxEntries) {
      this.#owed += this.#entries.length - maxEntries;
      this.#entries = this.#entries.slice(-maxEntries);
    }
    this.#budget.count(this);
  }

  /** Entries behind `offset` up to `upTo`; undefined when the window does not reach back so far. */
  between(offset: number, upTo: number): StreamEntry[] | undefined {
    const first = this.#entries[0];
    if (!first || offset < first.offset - 1) return undefined;
    return this.#entries.slice(offset - first.offset + 1, upTo - first.offset + 1);
  }

  clear(): void {
    this.#owed += this.#entries.length;
    this.#entries = [];
  }

  /** Lets go of the oldest that the budget counts. */
  shed(): void {
    if (this.#owed > 0) this.#owed -= 1;
    else this.#entries.shift();
  }
}

/** Bounds the entries of all windows together: beyond it the oldest of all is let go of, and is read from the event log again. */
export class WindowBudget {
  readonly #max: number;
  /** The window of each counted entry, the oldest entry's first; those before `#next` are settled. */
  #windows: EventWindow[] = [];
  #next = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** One more entry in a window. */
  count(window: EventWindow): void {
    this.#windows.push(window);
    if (this.#windows.length - this.#next <= this.#max) return;
    this.#windows[this.#next]!.shed();
    this.#next += 1;
    if (this.#next < this.#max) return;
    this.#windows = this.#windows.slice(this.#next);
    this.#next = 0;
  }
}
