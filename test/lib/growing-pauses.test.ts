/** Proves that pauses grow for those who come back too early, and not for those who come together. */
import { expect, test } from '@jest/globals';
import { GrowingPauses } from '../../src/lib/growing-pauses.ts';
import { ManualClock } from '../support/clock.ts';

test('a pause is what is left of it, then twice as long, up to the longest, and short again after a while', async () => {
  const clock = new ManualClock();
  const pauses = new GrowingPauses({ firstMs: 1_000, maxMs: 3_000, forgetMs: 10_000, clock });
  expect([pauses.next('a'), pauses.next('a'), pauses.next('b')]).toEqual([1_000, 1_000, 1_000]);
  await clock.advance(400);
  expect(pauses.next('a')).toBe(600);
  await clock.advance(600);
  expect(pauses.next('a')).toBe(2_000);
  await clock.advance(2_000);
  expect(pauses.next('a')).toBe(3_000);
  await clock.advance(3_000);
  expect(pauses.next('a')).toBe(3_000);
  await clock.advance(13_000);
  expect(pauses.next('a')).toBe(1_000);
});
