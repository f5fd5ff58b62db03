/** The command `npm run test:chaos`: runs the chaos test with more faults and clients than in CI, from a seed that can be chosen. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { hasRelease } from '../support/release-tree.ts';
import { readCommandLine, readNumber } from '../support/command-line.ts';

const usage = `npm run test:chaos -- [--faults 100] [--seed 1] [--set-up durable] [--beside v0.1.0]

Breaks a service at random while 300 clients watch it through nginx, and judges from what each was shown:
  durable   three processes with a Redis that loses nothing: no client may miss anything
  emptied   the same with a Redis that comes back empty: no client may be behind
  embedded  one process with stores of its own, which it loses with each restart
One after the other, so many faults each; with --set-up one of them. 1,000 faults take about twenty minutes each.
Without --seed each run is different; it prints its seed.
With --beside, processes of another commit, branch or tag are there as well: each start is an update, or takes one back.
Beside a release that keeps no places for clients without cursors (8f12965), only clients with cursors watch.`;

const { values, refuse } = readCommandLine(usage, {
  faults: { type: 'string', default: '100' },
  seed: { type: 'string' },
  'set-up': { type: 'string' },
  beside: { type: 'string' },
});
const faults = readNumber(values.faults, (number) => number >= 1 && number <= 100_000, refuse);
const seed = values.seed === undefined ? undefined : readNumber(values.seed, Number.isSafeInteger, refuse);
const setUp = values['set-up'];
if (values.beside !== undefined && !hasRelease(values.beside)) refuse();
if (setUp !== undefined && !['durable', 'emptied', 'embedded'].includes(setUp)) refuse();
const { status } = spawnSync(
  process.execPath,
  [
    resolve(import.meta.dirname, '../run.ts'),
    'test/chaos/chaos.test.ts',
    ...(setUp === undefined ? [] : ['-t', setUp]),
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      CHAOS_FAULTS: String(faults),
      ...(seed !== undefined && { CHAOS_SEED: String(seed) }),
      ...(values.beside !== undefined && { CHAOS_BESIDE: values.beside }),
    },
  },
);
process.exitCode = status ?? 1;
