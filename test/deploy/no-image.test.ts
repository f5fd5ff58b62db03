/** Proves that `npm run test:image`, a part of CI, is left out with one line where no image can be built. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { tTemporaryFolder } from '../support/temporary-folder.ts';

const root = resolve(import.meta.dirname, '../..');
const isRoot = process.getuid?.() === 0;
/** Somebody who owns the files of root, and is not root. */
const nobody = isRoot ? ['unshare', '--user'] : [];

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

test('whoever may not build an image is told so, and has failed nothing', () => {
  const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--json'];
  const cache = `--cacheDirectory=${tTemporaryFolder()}`;
  const [program, ...args] = [...nobody, process.execPath, ...jest, cache, 'test/deploy/built-image.test.ts'];
  const { status, stdout, stderr } = spawnSync(program, args, {
    ...{ cwd: root, encoding: 'utf8' },
    env: { ...process.env, IMAGE_TESTS: '1' },
  });
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(stdout) as Report;
  expect({ status, numPassedTests, numFailedTests }).toEqual({
    ...{ status: 0, numPassedTests: 0, numFailedTests: 0 },
  });
  expect(numPendingTests).toBeGreaterThan(10);
  const lines = stderr.split('\n').filter((line) => line.includes('image') && !line.includes('.test.ts'));
  expect(lines).toEqual([
    'The image is not built, and nothing of it is proved: Only root can build an image without Docker.',
  ]);
}, 120_000);
