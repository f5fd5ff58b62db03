/** Proves that all words of the page are there in both languages, and which of them a browser is shown. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { en } from '../../src/board/words/en.ts';
import { es } from '../../src/board/words/es.ts';
import { chooseWords } from '../../src/board/words/words.ts';

test.each([
  [['es-BO', 'en'], es],
  [['fr', 'es'], es],
  [['en-US', 'es'], en],
  [['de', 'fr'], en],
  [['est'], en],
  [[], en],
])('for %j', (languages, words) => {
  expect(chooseWords(languages)).toBe(words);
});

const html = readFileSync(resolve(import.meta.dirname, '../../src/board/board.html'), 'utf8');
const named = [...html.matchAll(/data-word(?:-\w+)?="(\w+)"/g)].map(([, key]) => key!);

test('whatever board.html names is there', () => {
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((key) => !Object.hasOwn(en.page, key))).toEqual([]);
});

test('board.html itself holds no words but commands and names', () => {
  const body = html.slice(html.indexOf('<body>')).replace(/<noscript>.*?<\/noscript>/s, '');
  const texts = [...body.replaceAll(/<code>.*?<\/code>/gs, '').matchAll(/>([^<]*[a-z]{2,}[^<]*)</gi)];
  expect(texts.map(([, text]) => text!.trim())).toEqual(['GraphiQL']);
});

test('no sentence is the same in both languages', () => {
  const same = Object.entries(en.page).filter(([key, text]) => es.page[key as keyof typeof en.page] === text);
  expect(same).toEqual([]);
});
