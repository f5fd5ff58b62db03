/**
 * The command `npm run test:on -- 26`: checks types and runs unit and contract tests on another Node, which npm fetches into a cache
 * outside of the tree. Paths of other tests, or options for Jest, follow the version.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** Tests that need a browser, many processes, or the machine for themselves. They run only on the Node of node_modules. */
const notUnits = [
  'chaos',
  'cli',
  'conformance',
  'deploy',
  'e2e',
  'process',
  'project',
  'routers',
  'set-ups',
  'support',
];

const units = () =>
  readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !notUnits.includes(entry.name))
    .map(({ name }) => `test/${name}/`);

/** The path of the newest Node of this version, which is fetched if it is missing. */
function fetchNode(version: string): string {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'dispatch-subgraph', `node-${version}`);
  mkdirSync(folder, { recursive: true });
  const quietly = ['--ignore-scripts', '--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
  run('npm', ['install', '--prefix', folder, ...quietly, `${name}@${version}`], process.env);
  return join(folder, 'node_modules', name, 'bin', platform === 'win' ? 'node.exe' : 'node');
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit', env });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const [version = '', ...args] = process.argv.slice(2);
if (!/^\d+(\.\d+){0,2}$/.test(version)) {
  console.error('Which Node? For example: npm run test:on -- 26');
  process.exit(2);
}
const node = fetchNode(version);
// Programs that the tests start by the name `node` run on it too.
const env = { ...process.env, PATH: [dirname(node), process.env['PATH']].join(delimiter) };
run(node, ['--version'], env);
const isPathGiven = args.some((arg) => !arg.startsWith('-'));
if (!isPathGiven)
  for (const project of ['.', 'src/board'])
    run(node, ['node_modules/typescript/bin/tsc', '--project', project], env);
run(node, ['test/run.ts', ...(isPathGiven ? [] : units()), ...args], env);
