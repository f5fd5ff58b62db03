/** Proves that each source file begins with what it is for, and that sources and pages keep to one spelling. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Files of a folder and its folders, relative to the project, that match the pattern. */
function filesIn(folder: string, pattern: RegExp): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

const sources = ['src', 'bench', 'test', 'examples', 'packages/live/src']
  .flatMap((folder) => filesIn(folder, /\.(ts|js|css)$/))
  .filter((path) => !path.includes('src/generated/'));
const pages = [
  ...['docs', 'schema', 'k8s'].flatMap((folder) => filesIn(folder, /\.(md|graphql|ya?ml)$/)),
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
];

/** The first comment of a text that begins with one, without its signs; undefined for other texts. */
function headOf(text: string): string | undefined {
  const [comment] = /^(\/\*[^]*?\*\/|(\/\/.*\n)+)/.exec(text) ?? [];
  return comment?.replaceAll(/^\s*(\/\*\*?|\*\/|\*|\/\/) ?|\*\/$/gm, '').trim();
}

describe('the first comment', () => {
  test('is there in each file, and is a sentence', () => {
    const withoutOne = sources.filter((path) => !/^[A-Z`'"0-9].*[.:?]/s.test(headOf(read(path)) ?? ''));
    expect(withoutOne).toEqual([]);
  });

  test('says what the file is for, and not what it owns', () => {
    expect(sources.filter((path) => /^Owns\b/.test(headOf(read(path)) ?? ''))).toEqual([]);
  });
});

test('"cannot" has one spelling', () => {
  const others = new RegExp(`\\bcan(${["'t", '’t', ' not'].join('|')})\\b`, 'i');
  expect([...sources, ...pages].filter((path) => others.test(read(path)))).toEqual([]);
});
