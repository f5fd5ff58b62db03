/** What looks the same, and what cannot be seen. */
import { expect, test } from '@jest/globals';
import { isVisible, oneSpelling, withoutControls } from '../../src/lib/text/readable-text.ts';

test('an accent is part of its letter, however it was typed', () => {
  expect(oneSpelling('Mun\u0303oz-A\u0301')).toBe('Muñoz-Á');
  expect(oneSpelling('\u212B')).toBe('Å');
  // These look alike to some, and are not the same letters: Cyrillic А, wide A.
  expect(oneSpelling('А')).not.toBe('A');
  expect(oneSpelling('Ａ')).toBe('Ａ');
});

test('what is not looked at has one spelling already: each character by itself, and behind each other one', () => {
  const all = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code));
  expect(all.filter((text) => oneSpelling(text) !== text.normalize('NFC'))).toEqual([]);
  const [plain, accents] = [all.slice(0, 0x300), all.slice(0x300, 0x370)];
  const pairs = plain.flatMap((text) => [...plain, ...accents].map((other) => text + other));
  expect(pairs.filter((text) => oneSpelling(text) !== text.normalize('NFC'))).toEqual([]);
});

test.each([
  '',
  ' \t\r\n',
  '\u200b\u200d\ufeff',
  '\u00ad',
  '\u2060\u180e',
  '\u3164\u115f\uffa0',
  '\u2800',
  '\u202e',
  '\0\x1b',
  '\u{e0020}',
])('nothing is to be seen in %j', (text) => {
  expect(isVisible(text)).toBe(false);
  expect(isVisible(`${text}.`)).toBe(true);
});

test.each(['👨‍👩‍👧', 'ñ', '\u0301', 'می‌خواهم', '\ud800', '\u{10ffff}'])(
  'there is something to be seen in %j',
  (text) => {
    expect(isVisible(text)).toBe(true);
  },
);

test('control characters are no text, but for tabs and ends of lines', () => {
  expect(withoutControls('a\0b\x07\x1b[31mc\x7f\x85d')).toBe('ab[31mcd');
  const kept = 'una línea\r\n\totra\n👨‍👩‍👧 \u202eal revés';
  expect(withoutControls(kept)).toBe(kept);
});
