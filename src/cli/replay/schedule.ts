/** Decides when each step is sent: in the order of the log and at its pace, one at a time for each dispatch, a bounded number in all. */
import type { Clock } from '../../lib/clock.ts';
import type { DispatchPlan, Step } from './calls/timeline.ts';

/** Sends the steps of one dispatch. */
export interface DispatchSession {
  /** Resolves with true when the next step may follow, false when the dispatch is given up. A rejection ends the replay. */
  send(step: Step): Promise<boolean>;
}

export interface PlayOptions {
  /** Sorted by the time of their first step. Read only as far as needed, so it may have no end. */
  readonly plans: Iterator<DispatchPlan>;
  readonly open: (plan: DispatchPlan) => DispatchSession;
  /** How many times faster than the log; 1 is real time, Infinity is without waiting. */
  readonly speed: number;
  /** The largest number of steps at the same time; each belongs to another dispatch. */
  readonly concurrency: number;
  readonly clock: Clock;
  /** After it is aborted no step begins; those under way are waited for. */
  readonly signal: AbortSignal;
  /** Called as a step begins, with its time in the log, and how late it is. */
  readonly onStep?: (atMs: number, lateMs: number) => void;
  /** Called when a dispatch has no more steps (`complete`), or was given up. */
  readonly onDispatchEnd?: (complete: boolean) => void;
}

interface Running {
  readonly plan: DispatchPlan;
  readonly session: DispatchSession;
  next: number;
}

/**
 * Replays all plans. The step that begins next is always the earliest one whose dispatch has no other step under way.
 *
 * @returns when every step was sent, or when the signal was aborted and the steps under way have ended
 */
export function play(options: PlayOptions): Promise<void> {
  return new Player(options).run();
}

class Player {
  readonly #options: PlayOptions;
  readonly #ended = Promise.withResolvers<void>();
  /** Dispatches without a step under way, sorted by their next step; the earliest is the last. */
  readonly #waiting: Running[] = [];
  #coming: DispatchPlan | undefined;
  #underWay = 0;
  #failed: { readonly error: unknown } | null = null;
  #startedAt = 0;
  #logStart = 0;
  #cancelTimer: () => void = () => {};

  constructor(options: PlayOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { clock, signal } = this.#options;
    this.#pull();
    this.#startedAt = clock.elapsed();
    this.#logStart = this.#coming?.steps[0].atMs ?? 0;
    const stop = () => this.#pump();
    signal.addEventListener('abort', stop);
    try {
      this.#pump();
      await this.#ended.promise;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#cancelTimer();
    }
  }

  #pull(): void {
    const { done, value } = this.#options.plans.next();
    this.#coming = done ? undefined : value;
  }

  #pump(): void {
    const { concurrency, signal, clock, onStep } = this.#options;
    this.#cancelTimer();
    while (this.#underWay < concurrency && !signal.aborted && !this.#failed) {
      const atMs = this.#earliest();
      if (atMs === undefined) break;
      const lateMs = clock.elapsed() - this.#dueAt(atMs);
      if (lateMs < 0) {
        this.#cancelTimer = clock.after(-lateMs, () => this.#pump());
        return;
      }
      onStep?.(atMs, Number.isFinite(this.#options.speed) ? lateMs : 0);
      this.#begin(this.#take(atMs));
    }
    if (this.#underWay > 0) return;
    if (this.#failed) this.#ended.reject(this.#failed.error);
    else if (signal.aborted || this.#earliest() === undefined) this.#ended.resolve();
  }

  #earliest(): number | undefined {
    const waiting = this.#waiting.at(-1);
    const coming = this.#coming?.steps[0].atMs;
    if (!waiting) return coming;
    return Math.min(nextAt(waiting), coming ?? Infinity);
  }

  #dueAt(atMs: number): number {
    return this.#startedAt + (atMs - this.#logStart) / this.#options.speed;
  }

  #take(atMs: number): Running {
    const waiting = this.#waiting.at(-1);
    if (waiting && nextAt(waiting) <= atMs) {
      this.#waiting.pop();
      return waiting;
    }
    const plan = this.#coming;
    if (!plan) throw new Error('There is no step to take.');
    this.#pull();
    return { plan, session: this.#options.open(plan), next: 0 };
  }

  #begin(running: Running): void {
    const step = running.plan.steps[running.next];
    if (!step) throw new Error(`Dispatch ${running.plan.rowId} has no step ${running.next}.`);
    this.#underWay += 1;
    running.session.send(step).then(
      (goOn) => this.#onStepEnd(running, goOn),
      (error: unknown) => {
        this.#underWay -= 1;
        this.#failed ??= { error };
        this.#pump();
      },
    );
  }

  #onStepEnd(running: Running, goOn: boolean): void {
    this.#underWay -= 1;
    running.next += 1;
    if (!goOn || running.next === running.plan.steps.length) this.#options.onDispatchEnd?.(goOn);
    else this.#insert(running);
    this.#pump();
  }

  #insert(running: Running): void {
    const atMs = nextAt(running);
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#waiting[middle];
      if (other && nextAt(other) > atMs) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, running);
  }
}

function nextAt({ plan, next }: Running): number {
  return plan.steps[next]?.atMs ?? Infinity;
}
