/** The pauses between attempts at something that may work later. */
import { ExponentialBackoff } from 'cockatiel';
import type { Clock } from './clock.ts';

export interface BackoffOptions {
  /** About how long the first pause is, milliseconds. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * An endless series of pauses in milliseconds, each about twice as long as the one before. They are partly random, so that
 * many who failed at the same moment do not all try again at the same moment.
 */
export function* backoff({ firstMs, maxMs }: BackoffOptions): Generator<number, never> {
  let step = new ExponentialBackoff({ initialDelay: firstMs, maxDelay: maxMs }).next();
  for (;;) {
    yield step.duration;
    step = step.next(undefined);
  }
}

/** The same without chance, for one who is alone in trying: each pause is twice as long as the one before. */
export function* doubling({ firstMs, maxMs }: BackoffOptions): Generator<number, never> {
  for (let pauseMs = Math.min(firstMs, maxMs); ; pauseMs = Math.min(2 * pauseMs, maxMs)) yield pauseMs;
}

export interface PatienceOptions extends BackoffOptions {
  /** After so long there is no further attempt, milliseconds. */
  readonly patienceMs: number;
}

/** Attempts something until it resolves with an answer; with undefined where there was none in time. Rejects as an attempt does. */
export async function attemptPatiently<T>(
  clock: Pick<Clock, 'elapsed' | 'sleep'>,
  { patienceMs, ...pauses }: PatienceOptions,
  attempt: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const since = clock.elapsed();
  const series = backoff(pauses);
  for (;;) {
    const answer = await attempt();
    if (answer !== undefined || clock.elapsed() - since >= patienceMs) return answer;
    await clock.sleep(series.next().value);
  }
}
