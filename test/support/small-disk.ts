/** Small disks for tests, which can be full: root alone may make them, and not in every container. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from '@jest/globals';

export interface SmallDisk extends Disposable {
  readonly folder: string;
}

/** Null where none can be made. */
function makeSmallDisk(mebibytes: number): SmallDisk | null {
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-disk-'));
  const remove = () => rmSync(folder, { recursive: true });
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]);
  if (status !== 0) {
    remove();
    return null;
  }
  return {
    folder,
    [Symbol.dispose]() {
      spawnSync('umount', ['--lazy', folder]);
      remove();
    },
  };
}

function canMake(): boolean {
  using disk = makeSmallDisk(1);
  return disk !== null;
}

/** A test that needs one; skipped where none can be made. */
export const testWithSmallDisk = canMake() ? test : test.skip;

/** To be disposed of when nobody uses it any more. */
export function tSmallDisk(mebibytes: number): SmallDisk {
  const disk = makeSmallDisk(mebibytes);
  if (!disk) throw new Error('A small disk can be made no longer.');
  return disk;
}
