/**
 * The event loop of simulated worlds: its turns are those of Node, but nobody asks the system meanwhile whether anything else has
 * happened, which takes longer than most turns do.
 */
import { setImmediate as realTurn } from 'node:timers/promises';

/** What is to be done behind it comes behind all that waits for promises now, as with `queueMicrotask`, which makes more of it. */
const settled = Promise.resolve();

export class EventLoop {
  /**
   * What is to be run in this turn and in later ones, one thing after the other: all promises that it settles come before the next one.
   * The next one is at `#at`, the last one before `#end`. Where none is left places are used again.
   */
  readonly #waiting: ((() => void) | undefined)[] = [];
  #at = 0;
  #end = 0;
  #isRunning = false;

  /** Runs `work` with this event loop in the place of Node's, for all that calls `setImmediate`. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const { setImmediate } = globalThis;
    globalThis.setImmediate = ((run: (...args: unknown[]) => void, ...args: unknown[]) =>
      this.#add(() => run(...args))) as typeof setImmediate;
    try {
      return await work();
    } finally {
      globalThis.setImmediate = setImmediate;
      // Whoever waits for a signal or a message hears of it now.
      await realTurn();
    }
  }

  /** Resolves in the next turn: until then nothing new happens, and all that was begun goes as far as it can. */
  nextTurn(): Promise<void> {
    return new Promise((resolve) => this.#add(resolve));
  }

  #add(run: () => void): void {
    this.#waiting[this.#end] = run;
    this.#end += 1;
    if (this.#isRunning) return;
    this.#isRunning = true;
    void settled.then(this.#goOnLater);
  }

  /** Node runs what is to be run in a next tick when no promise is left to be settled. */
  readonly #goOnLater = (): void => process.nextTick(this.#goOn);

  readonly #goOn = (): void => {
    const run = this.#waiting[this.#at];
    this.#isRunning = run !== undefined;
    if (!run) return;
    this.#waiting[this.#at] = undefined;
    this.#at += 1;
    if (this.#at === this.#end) this.#at = this.#end = 0;
    void settled.then(this.#goOnLater);
    run();
  };
}
