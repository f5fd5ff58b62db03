/** Proves that what a file exports is used by another one: what is not is a part of that file, and reads as such. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');
const rooms = ['src', 'bench', 'examples', 'packages/live/src', 'test'];
/** Those of the product: tests show what they please, and nobody writes or reads what codegen makes. */
const isShown = (path: string) => !/^test\/|\/generated\//.test(path);

const texts = new Map(
  rooms
    .flatMap((room) => readdirSync(join(root, room), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .map((path) => [path, readFileSync(join(root, path), 'utf8')] as const),
);
const wordsOf = (text: string) => new Set(text.match(/[\w$]+/g));
const filesWith = Map.groupBy(
  [...texts].flatMap(([path, text]) => [...wordsOf(text)].map((word) => ({ word, path }))),
  ({ word }) => word,
);

/** Functions, classes and values. A type may be named though nobody writes its name: it is that of an argument. */
const exported = /^export (?:abstract )?(?:async )?(?:function\*?|class|const|let) ([\w$]+)/gm;

test('no function, class or value is exported that only its own file uses', () => {
  const names = [...texts].flatMap(([path, text]) =>
    isShown(path) ? [...text.matchAll(exported)].map(([, name]) => ({ path, name: name! })) : [],
  );
  expect(names.length).toBeGreaterThan(500);
  const unused = names.filter(({ name }) => filesWith.get(name)!.length === 1);
  expect(unused.map(({ path, name }) => `${path}: ${name}`)).toEqual([]);
});
