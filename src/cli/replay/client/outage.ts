/** Waits for a server that is away, or that limits the rate of requests, and tells the user. */
import { backoff } from '../../../lib/backoff.ts';
import type { Clock } from '../../../lib/clock.ts';

/** The replay as a whole cannot go on. The message is meant for the user. */
export class ReplayError extends Error {}

export interface WaitOptions {
  readonly clock: Clock;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  /** How long one step is tried again while the server cannot be reached. */
  readonly patienceMs: number;
  /** Called with what the user should know. */
  readonly notify: (message: string) => void;
}

/** The attempts at one step. */
export interface Patience {
  /** Waits before the next attempt, longer each time. Rejects with a ReplayError when that has taken too long. */
  wait(reason: string): Promise<void>;
  /** The server answered. */
  over(): void;
}

const RETRY_FIRST_MS = 200;
const RETRY_MAX_MS = 5_000;

/** Shared by all steps that are under way: they wait for the same server, and the user is told once. */
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
    const pauses = backoff({ firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS });
    return {
      wait: async (reason) => {
        since ??= clock.elapsed();
        if (clock.elapsed() - since >= patienceMs) {
          throw new ReplayError(`The server has not answered for ${patienceMs / 1000} s: ${reason}`);
        }
        this.#tellAway(reason);
        await clock.sleep(pauses.next().value, signal);
      },
      over: () => {
        if (since !== null) this.#tellBack();
      },
    };
  }

  async waitForRate(waitMs: number): Promise<void> {
    const { clock, signal, notify } = this.#options;
    if (clock.elapsed() >= this.#limitTold) {
      this.#limitTold = clock.elapsed() + waitMs;
      const seconds = (waitMs / 1000).toFixed(1);
      notify(`The server limits the rate of this token: waiting ${seconds} s.`);
    }
    await clock.sleep(waitMs, signal);
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
