/** Keeps the messages of one subscription apart: routers have few places for them, and drop what finds none without a word. */
import type { Clock } from '../../lib/clock.ts';

/**
 * As many may follow each other at once. Hive Router 0.3 has 16 places, of which it frees one when it has resolved an event for its
 * client, and answers with success for an event that it drops.
 */
const atOnce = 4;

/** How much of what was known of a router one more answer changes, and how many deviations a late one is away: those of RFC 6298. */
const shareOfMean = 1 / 8;
const shareOfDeviation = 1 / 4;
const deviations = 4;
/**
 * One that was late once may stand still for three times as long, with 12 places that are left for what comes meanwhile. It is given that
 * for some seconds: what keeps a machine busy does not end with a message.
 */
const shareOfLongest = 1 / 4;
const halfLifeMs = 1_000;

export class Pace {
  readonly #clock: Clock;
  readonly #everyMs: number;
  /** How long the router takes to answer, and how far from that its answers are. */
  #meanMs: number | null = null;
  #deviationMs = 0;
  /** The longest answer, of which half counts after each half-life, and since when that is so, by `Clock.elapsed`. */
  #longestMs = 0;
  #longestSince = 0;
  /** When those that were sent will have been worked off, by `Clock.elapsed`. */
  #freeAt = 0;

  /** `everyMs`: a router is given so long for each; 0 for a router that needs none. */
  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /**
   * A message was taken, which took `answerMs`. Nobody says when it is worked off: that is later, and asks others (joins) who are as busy as
   * the router. A busy one answers late now and at once then, so it is given the time of a late answer for each.
   */
  note(answerMs: number): void {
    if (this.#everyMs === 0) return;
    const now = this.#clock.elapsed();
    this.#learn(answerMs, now);
    const lateMs = this.#meanMs! + deviations * this.#deviationMs;
    const workMs = Math.max(this.#everyMs, lateMs, shareOfLongest * this.#longestMs);
    this.#freeAt = Math.max(this.#freeAt, now) + workMs;
  }

  /** Resolves when the next one may be sent, or when `signal` is aborted. */
  async next(signal: AbortSignal): Promise<void> {
    const waitMs = this.#freeAt - this.#clock.elapsed() - (atOnce - 1) * this.#everyMs;
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
  }

  #learn(answerMs: number, now: number): void {
    this.#longestMs = Math.max(answerMs, this.#longestMs * 2 ** ((this.#longestSince - now) / halfLifeMs));
    this.#longestSince = now;
    if (this.#meanMs === null) {
      this.#meanMs = answerMs;
      this.#deviationMs = answerMs / 2;
      return;
    }
    this.#deviationMs += shareOfDeviation * (Math.abs(answerMs - this.#meanMs) - this.#deviationMs);
    this.#meanMs += shareOfMean * (answerMs - this.#meanMs);
  }
}
