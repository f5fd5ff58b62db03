/** The command `npm run test:chaos`: runs the chaos test with more faults and clients than in CI, from a seed that can be chosen. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { parseCommandLine, readNumber, runCommand, UsageError } from '../../src/cli/command.ts';
import { hasRelease } from '../support/release-tree.ts';

const usage = `npm run test:chaos -- [--faults 100] [--seed 1] [--set-up durable] [--beside v0.1.0]

Breaks a service at random while 300 clients watch it through nginx, and judges from what each was shown:
  durable   three processes with a Redis that loses nothing: no client may miss anything
  emptied   the same with a Redis that comes back empty: no client may be behind
  embedded  one process with stores of its own, which it loses with each restart
One after the other, so many faults each; with --set-up one of them. 1,000 faults take about twenty minutes each.
Without --seed each run is different; it prints its seed.
With --beside, processes of another commit, branch or tag are there as well: each start is an update, or takes one back.
Beside a release that keeps no places for clients without cursors (8f12965), only clients with cursors watch.

  --help   this text`;

const setUps = ['durable', 'emptied', 'embedded'];

const options = {
  faults: { type: 'string', default: '100' },
  seed: { type: 'string' },
  'set-up': { type: 'string' },
  beside: { type: 'string' },
} as const;

function run(args: readonly string[]): number {
  const { faults, seed, 'set-up': setUp, beside } = parseCommandLine(args, options);
  const count = readNumber('--faults', faults, { min: 1, max: 100_000 });
  const chosen =
    seed === undefined ? undefined : readNumber('--seed', seed, { min: 0, max: Number.MAX_SAFE_INTEGER });
  if (beside !== undefined && !hasRelease(beside))
    throw new UsageError(`--beside is "${beside}", which this clone does not have.`);
  if (setUp !== undefined && !setUps.includes(setUp))
    throw new UsageError(`--set-up is "${setUp}". Allowed: ${setUps.join(', ')}.`);
  const file = 'test/chaos/chaos.test.ts';
  const tests = [
    resolve(import.meta.dirname, '../run.ts'),
    file,
    ...(setUp === undefined ? [] : ['-t', setUp]),
  ];
  const { status } = spawnSync(process.execPath, tests, {
    stdio: 'inherit',
    env: {
      ...process.env,
      CHAOS_FAULTS: String(count),
      ...(chosen !== undefined && { CHAOS_SEED: String(chosen) }),
      ...(beside !== undefined && { CHAOS_BESIDE: beside }),
    },
  });
  return status ?? 1;
}

await runCommand({ usage, run });
