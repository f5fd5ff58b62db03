/** Copies of what a simulated Redis has, with one of which it may come back: a replica that lags, or a file that is written now and then. */
import type { Host, Scheduler } from './scheduler.ts';

/** From one copy to the next, milliseconds. */
const copyMs = { low: 50, high: 2_000 };
/** So many are kept, so that the oldest is some seconds old. */
const keptCopies = 4;

export interface OlderCopiesOptions {
  readonly scheduler: Scheduler;
  readonly redis: Host;
  /** Takes a copy. Returns what brings it back. */
  readonly copy: () => () => void;
}

export class OlderCopies {
  readonly #options: OlderCopiesOptions;
  /** The newest last. */
  readonly #copies: { readonly at: number; readonly bringBack: () => void }[] = [];

  constructor(options: OlderCopiesOptions) {
    this.#options = options;
    this.#take();
  }

  /** Brings back one of them. What was copied later is gone, as with a server that is no more. */
  bringBackOne(): void {
    const { scheduler } = this.#options;
    const index = Math.floor(scheduler.random() * this.#copies.length);
    const { at, bringBack } = this.#copies[index]!;
    this.#copies.length = index + 1;
    scheduler.note(() => `redis is as it was ${scheduler.now - at} ms ago`);
    bringBack();
  }

  #take(): void {
    const { scheduler, redis, copy } = this.#options;
    this.#copies.push({ at: scheduler.now, bringBack: copy() });
    if (this.#copies.length > keptCopies) this.#copies.shift();
    const waitMs = copyMs.low + scheduler.random() * (copyMs.high - copyMs.low);
    scheduler.after(redis, waitMs, () => this.#take());
  }
}
