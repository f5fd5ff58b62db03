/** A log for what may go wrong with every request: a service that is broken all night makes a line each ten seconds, and not thousands. */
import { Burst } from '../lib/burst.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from './log.ts';

type About = Readonly<Record<string, unknown>>;

/** Of lines with the same message there is one in a while; `unreported` in it says how many were left out before it. */
export class SeldomLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  /** By message. Those are written in the code, so there are few. */
  readonly #bursts = new Map<string, Burst>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  warn(about: About, message: string): void {
    const first = this.#note(message);
    if (first) this.#log.warn({ ...about, ...first }, message);
  }

  error(about: About, message: string): void {
    const first = this.#note(message);
    if (first) this.#log.error({ ...about, ...first }, message);
  }

  #note(message: string): ReturnType<Burst['note']> {
    const burst = this.#bursts.get(message) ?? new Burst(this.#clock);
    this.#bursts.set(message, burst);
    return burst.note();
  }
}
