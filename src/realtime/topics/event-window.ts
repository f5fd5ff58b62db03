/** The newest events of topics in memory, so that a client who reconnects soon causes no read and no second execution. */
import type { TopicEvent } from './topic.ts';

/** An event with its offset. The event is null when it could not be read; it is then skipped. */
export interface StreamEntry {
  readonly offset: number;
  readonly at: number;
  readonly event: TopicEvent<unknown> | null;
}

/** Newest entries that one topic keeps. */
const maxEntries = 256;

/** The newest entries of one topic, without holes. */
export class EventWindow<E extends Pick<StreamEntry, 'offset'> = StreamEntry> {
  readonly #budget: WindowBudget;
  #entries: E[] = [];
  /** Entries that were dropped here and that the budget still counts. They are older than those that are here. */
  #droppedEarly = 0;

  constructor(budget: WindowBudget) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#entries.length;
  }

  push(entry: E): void {
    this.#entries.push(entry);
    // Many at a time, because each removal moves all the others.
    if (this.#entries.length > 2 * maxEntries) {
      this.#droppedEarly += this.#entries.length - maxEntries;
      this.#entries = this.#entries.slice(-maxEntries);
    }
    this.#budget.count(this);
  }

  /** Entries behind `offset` up to `upTo`; undefined when the window does not reach back so far. */
  between(offset: number, upTo: number): E[] | undefined {
    const first = this.#entries[0];
    if (!first || offset < first.offset - 1) return undefined;
    return this.#entries.slice(offset - first.offset + 1, upTo - first.offset + 1);
  }

  clear(): void {
    this.#droppedEarly += this.#entries.length;
    this.#entries = [];
  }

  /** Drops the oldest entry that the budget counts. */
  dropOldest(): void {
    if (this.#droppedEarly > 0) this.#droppedEarly -= 1;
    else this.#entries.shift();
  }
}

/** Bounds the entries of all windows together. Of more, the oldest of all is dropped, and read from the event log if needed. */
export class WindowBudget {
  readonly #max: number;
  /** The window of each counted entry, that of the oldest entry first. Those before index `#next` are not counted any more. */
  #windows: Pick<EventWindow, 'dropOldest'>[] = [];
  #next = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Counts one more entry in a window. */
  count(window: Pick<EventWindow, 'dropOldest'>): void {
    this.#windows.push(window);
    if (this.#windows.length - this.#next <= this.#max) return;
    this.#windows[this.#next]!.dropOldest();
    this.#next += 1;
    if (this.#next < this.#max) return;
    this.#windows = this.#windows.slice(this.#next);
    this.#next = 0;
  }
}
