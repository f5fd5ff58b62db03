/** Proves that a reader of src/ and of the client package finds small files in small folders. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');
const [maxLines, maxFiles] = [250, 15];

/** The board is a program of its own, and nobody writes or reads what codegen makes. */
const folders = ['src', 'packages/live/src']
  .flatMap((room) => readdirSync(join(root, room), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
  .concat('packages/live/src')
  .filter((folder) => !/\bsrc\/(board|generated)\b/.test(folder));
const filesIn = (folder: string) => readdirSync(join(root, folder)).filter((name) => name.endsWith('.ts'));

test(`no folder has more than ${maxFiles} files`, () => {
  expect(folders.length).toBeGreaterThan(20);
  expect(folders.filter((folder) => filesIn(folder).length > maxFiles)).toEqual([]);
});

test(`no file has more than ${maxLines} lines`, () => {
  const linesOf = (path: string) => readFileSync(join(root, path), 'utf8').trimEnd().split('\n').length;
  const files = folders.flatMap((folder) => filesIn(folder).map((name) => join(folder, name)));
  expect(files.filter((path) => linesOf(path) > maxLines)).toEqual([]);
});
