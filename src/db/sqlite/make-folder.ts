/** Makes a folder, with those around it. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Like `mkdirSync` with `recursive`, which never ends in file systems such as /proc, where nothing can be made. */
export function makeFolder(path: string): void {
  try {
    makeOne(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    makeFolder(dirname(path));
    makeOne(path);
  }
}

function makeOne(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    // A file in its place is found out by whoever opens something in it.
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

const hasCode = (error: unknown, code: string) => (error as NodeJS.ErrnoException).code === code;
