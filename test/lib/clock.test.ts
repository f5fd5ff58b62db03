/** Owns the promises of the clock of the system. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { systemClock } from '../../src/lib/clock.ts';

const dayMs = 86_400_000;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('what is due in two months is not run before, and once', () => {
  const run = jest.fn();
  systemClock.after(60 * dayMs, run);
  jest.advanceTimersByTime(60 * dayMs - 1);
  expect(run).not.toHaveBeenCalled();
  jest.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledTimes(1);
  jest.advanceTimersByTime(60 * dayMs);
  expect(run).toHaveBeenCalledTimes(1);
});

test('what was called off is not run, however far it had come', () => {
  const run = jest.fn();
  const cancel = systemClock.after(60 * dayMs, run);
  jest.advanceTimersByTime(50 * dayMs);
  cancel();
  expect(jest.getTimerCount()).toBe(0);
  jest.advanceTimersByTime(50 * dayMs);
  expect(run).not.toHaveBeenCalled();
});
