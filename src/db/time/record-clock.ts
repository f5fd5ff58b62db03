/** The time by which all processes date what they write: that of the database which they share, and not their own. */
import { msSince, type Clock, type WallTime } from '../../lib/clock.ts';
import type { Database } from '../database.ts';

/** An answer that took longer says too little of what time it is, milliseconds. */
const maxDoubtMs = 500;

export interface RecordClockOptions {
  readonly database: Pick<Database, 'readTime'>;
  /** That of this process. */
  readonly clock: Clock;
}

/**
 * Dates of different processes are compared: what has changed since a cursor was given out is found by its date. So they are
 * dated by one clock. It is asked now and then (`measure`); in between, the time that has passed is counted here. Where the database has no clock
 * of its own, since it is a file of this process, it is the clock of this process.
 */
export class RecordClock implements Clock {
  readonly #options: RecordClockOptions;
  /** What the database's clock showed at a moment of this process's life. */
  #known: { readonly time: number; readonly at: number } | null = null;

  constructor(options: RecordClockOptions) {
    this.#options = options;
  }

  now(): WallTime {
    const { clock } = this.#options;
    if (!this.#known) return clock.now();
    return Math.floor(this.#known.time + clock.elapsed() - this.#known.at) as WallTime;
  }

  elapsed(): number {
    return this.#options.clock.elapsed();
  }

  after(delayMs: number, run: () => void): () => void {
    return this.#options.clock.after(delayMs, run);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#options.clock.sleep(ms, signal);
  }

  /** How far this process's own clock is ahead, milliseconds; null where there is but one. */
  get skewMs(): number | null {
    return this.#known ? msSince(this.now(), this.#options.clock.now()) : null;
  }

  /** Asks the database what time it is. Rejects as its queries do. */
  async measure(): Promise<void> {
    const { database, clock } = this.#options;
    const askedAt = clock.elapsed();
    const time = await database.readTime();
    const doubtMs = (clock.elapsed() - askedAt) / 2;
    if (time === null || (this.#known && doubtMs > maxDoubtMs)) return;
    this.#known = { time, at: askedAt + doubtMs };
  }
}
