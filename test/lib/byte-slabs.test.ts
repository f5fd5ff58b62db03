/** Texts are given back as they were kept, whatever they consist of and wherever a slab ends. */
import { expect, test } from '@jest/globals';
import { createRandom } from '../../src/cli/replay/random.ts';
import { ByteSlabs, readKept } from '../../src/lib/memory/byte-slabs.ts';

test('texts of all sizes and characters come back, also once their slab is full', () => {
  const slabs = new ByteSlabs();
  const random = createRandom(11);
  const characters = ['a', 'ñ', '東', '🚑', '"', '\n'];
  const textOf = (length: number) =>
    Array.from({ length }, () => characters[Math.floor(random() * characters.length)]).join('');
  const texts = Array.from({ length: 400 }, () => textOf(Math.floor(4_000 * random() ** 2)));
  const kept = texts.map((text) => slabs.keep(text));
  expect(kept.map(readKept)).toEqual(texts);
  const slabsInUse = new Set(kept.map(({ slab }) => slab.buffer));
  expect(slabsInUse.size).toBeGreaterThan(2);
  expect(slabsInUse.size).toBeLessThan(texts.length / 20);
});

test('a text that is larger than a slab has one of its own, and the next one goes on where there is room', () => {
  const slabs = new ByteSlabs();
  const large = 'ambulancia '.repeat(60_000);
  const [before, alone, after] = ['one', large, 'two'].map((text) => slabs.keep(text));
  expect([before, alone, after].map((kept) => readKept(kept!))).toEqual(['one', large, 'two']);
  expect(after!.slab).toBe(before!.slab);
  expect(alone!.slab).not.toBe(before!.slab);
});
