/** A bounded memory drops what was used least recently. */
import { expect, test } from '@jest/globals';
import { RecentMap } from '../../src/lib/recent-map.ts';

test('what was used least recently is forgotten first, and reading is using', () => {
  const map = new RecentMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  expect(map.get('a')).toBe(1);
  map.set('c', 3);
  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([1, undefined, 3]);
  expect([...map.values()]).toEqual([1, 3]);
});

test('a new value takes the place of the old one', () => {
  const map = new RecentMap<string, number | null>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', null);
  expect(map.get('a')).toBeNull();
  map.set('c', 3);
  expect(map.get('b')).toBeUndefined();
  expect(map.get('a')).toBeNull();
});
