/** The command `npm test`: checks that the programs of real servers are installed, then runs Jest with the given arguments. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { missingRouters } from './support/routers/programs.ts';
import { ensureServices } from './support/services.ts';

const root = resolve(import.meta.dirname, '..');

/** Only tests of the board, of the client package and of an EventSource need a browser. */
function needsBrowser(args: readonly string[]): boolean {
  const wanted = args.filter((arg) => !arg.startsWith('-'));
  return wanted.length === 0 || wanted.some((arg) => /board|e2e|live/.test(arg));
}

/** Only tests of faults need pgbouncer and faketime. */
function needsFaults(args: readonly string[]): boolean {
  const wanted = args.filter((arg) => !arg.startsWith('-'));
  return wanted.length === 0 || wanted.some((arg) => arg.includes('faults'));
}

/** Tests of chaos need nginx, and so do those that have thousands of sockets. */
function needsNginx(args: readonly string[]): boolean {
  const wanted = args.filter((arg) => !arg.startsWith('-'));
  const isChaos = wanted.length === 0 || wanted.some((arg) => arg.includes('chaos'));
  return isChaos || process.env['NGINX_TESTS'] !== undefined;
}

function runsRouters(args: readonly string[]): boolean {
  const wanted = args.filter((arg) => !arg.startsWith('-'));
  return wanted.length === 0 || wanted.some((arg) => arg.includes('routers'));
}

/** Says in one line which tests through routers are left out. False where they were asked for by name: `npm run test:routers`. */
function mayLeaveOutRouters(args: readonly string[]): boolean {
  const missing = runsRouters(args) ? missingRouters() : undefined;
  if (missing !== undefined) console.error(missing);
  return missing === undefined || process.env['ROUTERS'] === undefined;
}

function main(): number {
  const args = process.argv.slice(2);
  if (!mayLeaveOutRouters(args)) return 1;
  let path: string;
  try {
    path = ensureServices(process.env['PATH'] ?? '', {
      browser: needsBrowser(args),
      nginx: needsNginx(args),
      faults: needsFaults(args),
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const { status } = spawnSync(
    process.execPath,
    [...flags, resolve(root, 'node_modules/jest/bin/jest.js'), ...args],
    { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } },
  );
  return status ?? 1;
}

process.exitCode = main();
