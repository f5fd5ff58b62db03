/** Lets processes run with clocks that are wrong, by Debian's faketime. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folders = ['/usr/lib', '/usr/local/lib'];

/**
 * The environment of a process whose clock is ahead by so many seconds, or behind. Durations are measured as ever: only the clock on
 * the wall is wrong.
 */
export function wrongClock(seconds: number): Record<string, string> {
  return {
    LD_PRELOAD: findLibrary(),
    FAKETIME: `${seconds < 0 ? '' : '+'}${seconds}s`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

/** It lies in a folder that is named after the machine's architecture. */
function findLibrary(): string {
  const candidates = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => [folder, ...readdirSync(folder).map((name) => join(folder, name))])
    .map((folder) => join(folder, 'faketime', 'libfaketime.so.1'));
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) throw new Error('faketime is not installed: no libfaketime.so.1.');
  return found;
}
