/** Keeps the messages of one subscription apart: routers have few places for them, and drop what finds none without a word. */
import type { Clock } from '../../lib/clock.ts';

/**
 * As many may follow each other at once. Hive Router 0.3 has 16 places, of which it frees one when it has resolved an event for its
 * client, and answers with success for an event that it drops.
 */
const atOnce = 4;

export class Pace {
  readonly #clock: Clock;
  readonly #everyMs: number;
  /** When those that were sent will have been worked off, by `Clock.elapsed`. */
  #freeAt = 0;

  /** `everyMs`: a router is given so long for each; 0 for a router that needs none. */
  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /**
   * A message was taken, which took `answerMs`: a router that is busy answers late, and works off late. One that is not busy has done
   * its work by then.
   */
  note(answerMs: number): void {
    if (this.#everyMs === 0) return;
    const now = this.#clock.elapsed();
    this.#freeAt = Math.max(this.#freeAt, now) + Math.max(this.#everyMs, answerMs);
  }

  /** Resolves when the next one may be sent, or when `signal` is aborted. */
  async next(signal: AbortSignal): Promise<void> {
    const waitMs = this.#freeAt - this.#clock.elapsed() - (atOnce - 1) * this.#everyMs;
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
  }
}
