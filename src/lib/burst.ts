/** Tells the first of many equal events from those that come right behind it, so that the log has one line of them. */
import type { Clock } from './clock.ts';

/** From one line to the next at the least, milliseconds. */
const quietMs = 10_000;

export class Burst {
  readonly #clock: Clock;
  #quietUntil = -Infinity;
  #unreported = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes an event. Undefined when it is not to be reported; else how many there were since the last that was. */
  note(): { readonly unreported: number } | undefined {
    const now = this.#clock.elapsed();
    if (now < this.#quietUntil) {
      this.#unreported += 1;
      return undefined;
    }
    const unreported = this.#unreported;
    this.#unreported = 0;
    this.#quietUntil = now + quietMs;
    return { unreported };
  }
}
