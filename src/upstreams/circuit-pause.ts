/** The pause of an open circuit, measured with a clock that nobody sets. */
import type { IBackoff, IBackoffFactory } from 'cockatiel';
import type { Clock } from '../lib/clock.ts';

/**
 * A pause of always the same length, for the library, which subtracts times on the wall: it asks for the length each time, so it
 * is told one that is over whatever it has subtracted, or none.
 */
export function pauseOf(clock: Pick<Clock, 'elapsed'>, ms: number): IBackoffFactory<unknown> {
  const begin = (): IBackoff<unknown> => {
    const endsAt = clock.elapsed() + ms;
    return {
      get duration() {
        return clock.elapsed() < endsAt ? Infinity : -Infinity;
      },
      next: begin,
    };
  };
  return { next: begin };
}
