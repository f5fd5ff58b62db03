/**
 * The event loop of simulated worlds: its turns are those of Node, but nobody asks the system meanwhile whether anything else has
 * happened, which takes longer than most turns do.
 */
import { setImmediate as realTurn } from 'node:timers/promises';

/** What is to be run in a turn, one thing after the other: all promises that it settles come before the next one. */
type Turn = (() => void)[];

export class EventLoop {
  #turn: Turn = [];
  #next: Turn = [];
  #at = 0;
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
    this.#next.push(run);
    if (this.#isRunning) return;
    this.#isRunning = true;
    queueMicrotask(this.#goOnLater);
  }

  /** Node runs what is to be run in a next tick when no promise is left to be settled. */
  readonly #goOnLater = (): void => process.nextTick(this.#goOn);

  readonly #goOn = (): void => {
    if (this.#at === this.#turn.length) {
      this.#turn = this.#next;
      this.#next = [];
      this.#at = 0;
    }
    const run = this.#turn[this.#at];
    this.#at += 1;
    this.#isRunning = run !== undefined;
    if (!run) return void (this.#at = 0);
    queueMicrotask(this.#goOnLater);
    run();
  };
}
