/** How long the pauses between attempts are. */
import { expect, test } from '@jest/globals';
import { backoff, doubling } from '../../src/lib/backoff.ts';

test('pauses grow from about the first to the longest, and differ from one series to the next', () => {
  const series = Array.from({ length: 200 }, () => [...backoff({ firstMs: 100, maxMs: 5_000 }).take(20)]);
  const median = (attempt: number) => series.map((pauses) => pauses[attempt]!).sort((a, b) => a - b)[100]!;
  expect(series.flat().every((pause) => pause >= 0 && pause <= 5_000)).toBe(true);
  expect(median(0)).toBeLessThan(median(2));
  expect(median(2)).toBeLessThan(median(4));
  expect(series.map((pauses) => pauses.at(-1))).toEqual(series.map(() => 5_000));
  expect(new Set(series.map(([first]) => first)).size).toBeGreaterThan(100);
});

test('without chance each pause is twice the one before, up to the longest', () => {
  expect([...doubling({ firstMs: 100, maxMs: 1_000 }).take(6)]).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect([...doubling({ firstMs: 100, maxMs: 50 }).take(2)]).toEqual([50, 50]);
});
