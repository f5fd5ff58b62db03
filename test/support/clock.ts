/** A clock that tests move by hand. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createSleep, type Clock } from '../../src/lib/clock.ts';

interface Timer {
  readonly dueAt: number;
  readonly run: () => void;
}

export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Set<Timer>();
  readonly sleep = createSleep((delayMs, run) => this.after(delayMs, run));

  constructor(startAt = Date.UTC(2026, 0, 1)) {
    this.#now = startAt;
  }

  /** The number of timers that have not run yet. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueAt: this.#now + Math.max(0, delayMs), run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Moves time on. Runs the timers that become due in order, each at its own time, including those that are set meanwhile. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await nextTurn();
    for (let timer = this.#nextDue(end); timer; timer = this.#nextDue(end)) {
      this.#timers.delete(timer);
      this.#now = timer.dueAt;
      timer.run();
      await nextTurn();
    }
    this.#now = end;
  }

  #nextDue(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt <= end && (!next || timer.dueAt < next.dueAt)) next = timer;
    }
    return next;
  }
}
