/** Leaves some connections of a pool to those who read: changes may wait for each other's locks on all others. */
import type { Clock } from '../../lib/clock.ts';
import { Unavailable } from '../../lib/unavailable.ts';

export interface ChangeSlotsOptions {
  readonly clock: Clock;
  /** Changes at a time. Of those that wait, each has a request of its own, which has its own bounds. */
  readonly max: number;
  /** How long a change waits for others, milliseconds. */
  readonly maxWaitMs: number;
}

export class ChangeSlots {
  readonly #options: ChangeSlotsOptions;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(options: ChangeSlotsOptions) {
    this.#options = options;
  }

  /** Runs the change when it is its turn. @throws Unavailable when others take too long */
  async run<T>(change: () => Promise<T>): Promise<T> {
    if (this.#running < this.#options.max) this.#running += 1;
    else await this.#wait();
    try {
      return await change();
    } finally {
      this.#leave();
    }
  }

  #wait(): Promise<void> {
    const { clock, maxWaitMs } = this.#options;
    return new Promise((resolve, reject) => {
      const enter = () => {
        this.#waiting.delete(enter);
        cancel();
        resolve();
      };
      const cancel = clock.after(maxWaitMs, () => {
        this.#waiting.delete(enter);
        const cause = new Error(`Other changes took longer than ${maxWaitMs} ms.`);
        reject(new Unavailable('The record', cause, { retryAfterMs: 1_000 }));
      });
      this.#waiting.add(enter);
    });
  }

  /** The place goes to whoever has waited for longest. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next) next();
    else this.#running -= 1;
  }
}
