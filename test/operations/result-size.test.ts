/** Proves that the length of a result is estimated without serialising it. */
import { expect, test } from '@jest/globals';
import { isLarger } from '../../src/operations/result-size.ts';

const results = [
  { a: 'x'.repeat(10_000) },
  { list: Array.from({ length: 1_000 }, (_, id) => ({ id: String(id), text: 'á'.repeat(20), more: null })) },
  { deep: { deep: { deep: { numbers: Array.from({ length: 2_000 }, (_, n) => n) } } } },
];

test.each(results)('is at least that of its JSON, and about that', (result) => {
  const length = Buffer.byteLength(JSON.stringify(result));
  expect(isLarger(result, length - 1)).toBe(true);
  expect(isLarger(result, 5 * length)).toBe(false);
});

test('an empty result has nearly no length', () => {
  expect(isLarger(undefined, 20)).toBe(false);
  expect(isLarger(null, 20)).toBe(false);
});
