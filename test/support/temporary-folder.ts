/** Folders of tests that have nothing to end before their folder goes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** An empty folder; it is removed after the test. */
export function tTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-test-'));
  folders.push(folder);
  return folder;
}
