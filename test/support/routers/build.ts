/** `npm run routers:build`: builds the routers that tests run from their crates, once, into a cache outside of the tree. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { parseWithPositionals, runCommand, UsageError } from '../../../src/cli/command.ts';
import { ensureProtoc } from '../services.ts';
import { apolloRouter, findRouter, folderOf, routerPrograms, routersFolder } from './programs.ts';
import type { RouterProgram } from './programs.ts';
import { chooseToolchain } from './toolchains.ts';

const usage = `Builds the routers that npm run test:routers runs, each once. What is built already is left as it is.

  npm run routers:build
  npm run routers:build -- hive-router

  ${routerPrograms.map(({ crate, version }) => `${crate} (${version})`).join(', ')}: only these
  --where   only says where each is, and whether it is built
  --help    this text

It needs cargo (rustup installs it), 4 GB of disk until it is done, and about five minutes for each on two cores.
Environment: ROUTERS_DIR, the folder (default ~/.cache/dispatch-subgraph/routers); CARGO_BUILD_JOBS, how many
compilers run at a time; APOLLO_ROUTER_BIN and HIVE_ROUTER_BIN, programs that were built elsewhere.
Exit codes: 0 all are there, 1 a build failed, 2 the command line is wrong.
`;

const options = { where: { type: 'boolean', default: false } } as const;

/** What a build without debug information takes until it is done, bytes. */
const neededBytes = 4 * 1024 ** 3;

function build(router: RouterProgram): string {
  const folder = folderOf(router);
  const building = join(routersFolder(), 'building', `${router.crate}-${router.version}`);
  const toolchain = chooseToolchain(router);
  const path = router === apolloRouter ? ensureProtoc(process.env['PATH'] ?? '') : process.env['PATH'];
  mkdirSync(building, { recursive: true });
  checkDisk(building);
  const features = router.features.flatMap((feature) => ['--features', feature]);
  const what = [router.crate, '--bin', router.program, '--version', router.version];
  const args = ['install', ...what, '--locked', '--debug', ...features];
  const command = ['cargo', ...toolchain, ...args, '--root', folder];
  say(`${router.name} ${router.version}: ${command.join(' ')}`);
  const { status, signal, error } = spawnSync(command[0]!, command.slice(1), {
    // What cargo says of its progress goes to stderr.
    stdio: ['ignore', 2, 2],
    env: {
      ...process.env,
      PATH: path,
      // What was compiled before an interruption is kept here, so that the next run goes on from there.
      CARGO_TARGET_DIR: building,
      // Debug information of 700 crates is most of their size, and of the time to link them.
      CARGO_PROFILE_DEV_DEBUG: '0',
      CARGO_INCREMENTAL: '0',
    },
  });
  if (error) throw error;
  if (status !== 0)
    throw new Error(
      `${router.name} was not built (cargo ended with ${signal ?? status}; see above). ` +
        'The next run goes on where this one stopped.',
    );
  rmSync(building, { recursive: true });
  return findRouter(router)!;
}

function checkDisk(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= neededBytes) return;
  const gigabytes = (bytes: number) => `${(bytes / 1024 ** 3).toFixed(1)} GB`;
  throw new Error(
    `${folder} has ${gigabytes(bavail * bsize)} left, and a build takes ${gigabytes(neededBytes)}: ` +
      'make room, or set ROUTERS_DIR.',
  );
}

function buildMissing(routers: readonly RouterProgram[]): void {
  for (const router of routers) {
    const label = `${router.name} ${router.version}`;
    const found = findRouter(router);
    if (found !== undefined) {
      say(`${label} is there: ${found}`);
      continue;
    }
    const began = performance.now();
    const program = build(router);
    say(`${label} was built in ${((performance.now() - began) / 60_000).toFixed(1)} minutes: ${program}`);
  }
}

function sayWhere(routers: readonly RouterProgram[]): void {
  for (const router of routers) {
    const found = findRouter(router);
    say(`${router.name} ${router.version}: ${found ?? `not built; will be in ${folderOf(router)}`}`);
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function wantedOf(names: readonly string[]): readonly RouterProgram[] {
  const known = routerPrograms.map(({ crate }) => crate);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`There is no ${unknown} here, only ${known.join(' and ')}.`);
  return names.length === 0 ? routerPrograms : routerPrograms.filter(({ crate }) => names.includes(crate));
}

function run(args: readonly string[]): number {
  const { values, positionals } = parseWithPositionals(args, options);
  const routers = wantedOf(positionals);
  if (values.where) sayWhere(routers);
  else buildMissing(routers);
  return 0;
}

// What cargo, apt or the disk refuse is said as it is.
await runCommand({ usage, run, exitCodes: [[Error, 1]] });
