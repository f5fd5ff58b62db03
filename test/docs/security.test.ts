/** Holds each sentence of SECURITY.md to a test that fails when it is not true. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { Proof } from './proven-sentence.ts';
import { proofs } from './security-proofs.ts';

const page = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8');
const [reporting, ...stated] = page.split(/^## /m).slice(1);

/** The sentences of a section, on one line each. Its title and the bold words that only say what a paragraph is about are left out. */
function sentencesOf(section: string): readonly string[] {
  const paragraphs = section
    .slice(section.indexOf('\n'))
    .split(/\n\n+|\n(?=- )/)
    .map((text) =>
      text
        .replace(/^\s*-\s/, '')
        .replaceAll(/\s+/g, ' ')
        .replace(/^\s*\*\*[^*]+\.\*\*/, '')
        .replaceAll('**', '')
        .replaceAll(/\[(`[^`]+`)\]\([^)]+\)/g, '$1')
        .trim(),
    );
  return paragraphs.flatMap((text) => text.split(/(?<=[.!?])\s+(?=\p{Lu}|`)/u)).filter(Boolean);
}

const sentences = stated.flatMap(sentencesOf);

test('each sentence is proven, and each proof is of a sentence', () => {
  expect(sentences.length).toBeGreaterThan(40);
  expect(proofs.map(({ says }) => says).toSorted()).toEqual(sentences.toSorted());
  expect(proofs.filter(({ by }) => by.length === 0)).toEqual([]);
});

test('only what people do, and no test can, stands without a proof', () => {
  expect(reporting!.startsWith('Reporting\n')).toBe(true);
  expect(stated.map((section) => section.split('\n')[0])).toEqual([
    'What is promised',
    'What is not promised',
  ]);
});

/** The file with a test, or, where attacks and promises are data, the file that runs them. */
function runnerOf(file: string): string {
  if (file.endsWith('.test.ts')) return file;
  return file.startsWith('conformance/')
    ? 'conformance/conformance.test.ts'
    : file.replace(/\.ts$/, '.test.ts');
}

function problemWith([file, title]: Proof): string | null {
  const at = (path: string) => new URL(`../${path}`, import.meta.url);
  if (!existsSync(at(file)) || !existsSync(at(runnerOf(file)))) return `there is no test/${file}`;
  const text = readFileSync(at(file), 'utf8');
  if (!text.includes(title)) return `test/${file} has no test with "${title}" in its title`;
  return /^ *(test|describe)\.(skip|todo|failing)\b/m.test(text) ? `test/${file} leaves tests out` : null;
}

test.each(proofs)('there is a test that proves: $says', ({ by }) => {
  expect(by.map(problemWith).filter((problem) => problem !== null)).toEqual([]);
});

test('a proof that does not exist is noticed', () => {
  expect(problemWith(['http/nowhere.test.ts', 'x'])).toBe('there is no test/http/nowhere.test.ts');
  expect(problemWith(['docs/links.test.ts', 'a title that nobody has given'])).toMatch(/has no test with/);
});
