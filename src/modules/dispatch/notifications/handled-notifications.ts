/** Owns the memory of which messages of other services were heard lately, and how often. */
import type { Clock } from '../../../lib/clock.ts';

interface Handled {
  times: number;
  at: number;
}

/**
 * Processes that hear the same messages count alike, so that the second of two equal messages has the same name for all
 * of them. One that has missed the first is behind by one, and finds done what the others are at.
 */
export class HandledNotifications {
  readonly #clock: Clock;
  readonly #rememberMs: number;
  /** The one that was not heard for the longest time comes first. */
  readonly #handled = new Map<string, Handled>();

  constructor(clock: Clock, rememberMs: number) {
    this.#clock = clock;
    this.#rememberMs = rememberMs;
  }

  /** Counts a message; returns how often it was heard, this time included. Forgets what was not heard for `rememberMs`. */
  count(message: string): number {
    const at = this.#clock.now();
    for (const [oldest, handled] of this.#handled) {
      if (handled.at > at - this.#rememberMs) break;
      this.#handled.delete(oldest);
    }
    const times = (this.#handled.get(message)?.times ?? 0) + 1;
    this.#handled.delete(message);
    this.#handled.set(message, { times, at });
    return times;
  }
}
