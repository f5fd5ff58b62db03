/** A clock that tests move by hand. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createSleep, type Clock, type WallTime } from '../../src/lib/clock.ts';

interface Timer {
  readonly dueAt: number;
  readonly run: () => void;
}

const bornAt = 1_000;

export class ManualClock implements Clock {
  /** What it showed at first; since then it may have been set. */
  #startAt: number;
  /** Caches take 0 for no time at all; no process that runs is as young. */
  #elapsed = bornAt;
  readonly #timers = new Set<Timer>();
  readonly sleep = createSleep((delayMs, run) => this.after(delayMs, run));

  constructor(startAt = Date.UTC(2026, 0, 1)) {
    this.#startAt = startAt;
  }

  /** The number of timers that have not run yet. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): WallTime {
    return (this.#startAt + this.#elapsed - bornAt) as WallTime;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  /** Sets the clock on the wall, so many milliseconds on or back. No time passes. */
  step(ms: number): void {
    this.#startAt += ms;
  }

  /** Time passes for a process that stands still: timers that become due run when it goes on. */
  standStill(ms: number): void {
    this.#elapsed += ms;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { dueAt: this.#elapsed + Math.max(0, delayMs), run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Moves time on. Runs the timers that become due in order, each at its own time, including those that are set meanwhile. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await nextTurn();
    for (let timer = this.#nextDue(end); timer; timer = this.#nextDue(end)) {
      this.#timers.delete(timer);
      this.#elapsed = timer.dueAt;
      timer.run();
      await nextTurn();
    }
    this.#elapsed = end;
  }

  #nextDue(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt <= end && (!next || timer.dueAt < next.dueAt)) next = timer;
    }
    return next;
  }
}
