/** Repeated work goes on, one run at a time, until it is stopped. */
import { expect, test } from '@jest/globals';
import { repeat } from '../../src/lib/repeat.ts';
import { ManualClock } from '../support/clock.ts';

test('runs again and again, also after a run that failed', async () => {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  let runs = 0;
  const run = () => ((runs += 1) === 2 ? Promise.reject(new Error('the second')) : Promise.resolve());
  const end = repeat({ clock, everyMs: 1_000, run, onError: (error) => errors.push(error) });
  expect(runs).toBe(0);
  await clock.advance(3_000);
  expect(runs).toBe(3);
  expect(errors).toEqual([new Error('the second')]);
  await end();
  await clock.advance(10_000);
  expect(runs).toBe(3);
  expect(clock.pending).toBe(0);
});

test('ending waits for the run under way, and no other begins', async () => {
  const clock = new ManualClock();
  const work = Promise.withResolvers<void>();
  let runs = 0;
  const run = () => {
    runs += 1;
    return work.promise;
  };
  const end = repeat({ clock, everyMs: 1_000, run, onError: () => undefined });
  await clock.advance(5_000);
  expect(runs).toBe(1);
  let hasEnded = false;
  const ending = end().then(() => (hasEnded = true));
  await clock.advance(5_000);
  expect(hasEnded).toBe(false);
  work.resolve();
  await ending;
  await clock.advance(5_000);
  expect({ runs, pending: clock.pending }).toEqual({ runs: 1, pending: 0 });
});
