// `npm test`: makes sure that the real servers are there, then runs Jest with whatever arguments it was given.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { ensureServices } from './support/services.ts';

const root = resolve(import.meta.dirname, '..');

function main(): number {
  let path: string;
  try {
    path = ensureServices(process.env['PATH'] ?? '');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const { status } = spawnSync(
    process.execPath,
    [...flags, resolve(root, 'node_modules/jest/bin/jest.js'), ...process.argv.slice(2)],
    { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } },
  );
  return status ?? 1;
}

process.exitCode = main();
