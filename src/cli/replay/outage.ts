/** Owns the waiting for a server: that is away, for as long as the patience lasts, or that asks for a slower pace. */
import type { Clock } from '../../lib/clock.ts';

/** The replay as a whole can't go on. Its message is meant for the user. */
export class ReplayError extends Error {}

export interface WaitOptions {
  readonly clock: Clock;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  /** How long one step is tried again while the server can't be reached. */
  readonly patienceMs: number;
  /** Told what the user should know while it goes on. */
  readonly notify: (message: string) => void;
}

/** The patience of one step. */
export interface Patience {
  /** Waits before the next attempt, longer each time. Rejects with a ReplayError when the patience is at its end. */
  wait(reason: string): Promise<void>;
  /** The server answered. */
  over(): void;
}

const RETRY_FIRST_MS = 200;
const RETRY_MAX_MS = 5_000;

/** All steps under way meet the same server, so that each of its moods is told once. */
export class Outage {
  readonly #options: WaitOptions;
  #isAwayTold = false;
  #limitTold = -Infinity;

  constructor(options: WaitOptions) {
    this.#options = options;
  }

  begin(): Patience {
    const { clock, signal, patienceMs } = this.#options;
    let since: number | null = null;
    let delayMs = RETRY_FIRST_MS;
    return {
      wait: async (reason) => {
        since ??= clock.now();
        if (clock.now() - since >= patienceMs) {
          throw new ReplayError(`The server has not answered for ${patienceMs / 1000} s: ${reason}`);
        }
        this.#tellAway(reason);
        await pause(clock, delayMs, signal);
        delayMs = Math.min(delayMs * 2, RETRY_MAX_MS);
      },
      over: () => {
        if (since !== null) this.#tellBack();
      },
    };
  }

  async waitForRate(waitMs: number): Promise<void> {
    const { clock, signal, notify } = this.#options;
    if (clock.now() >= this.#limitTold) {
      this.#limitTold = clock.now() + waitMs;
      const seconds = (waitMs / 1000).toFixed(1);
      notify(`The server limits the rate of this token: waiting ${seconds} s.`);
    }
    await pause(clock, waitMs, signal);
  }

  #tellAway(reason: string): void {
    if (this.#isAwayTold) return;
    this.#isAwayTold = true;
    const { notify, patienceMs } = this.#options;
    notify(`The server does not answer (${reason}); trying for ${patienceMs / 1000} s.`);
  }

  #tellBack(): void {
    if (!this.#isAwayTold) return;
    this.#isAwayTold = false;
    this.#options.notify('The server answers again.');
  }
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}
