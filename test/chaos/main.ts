/** The command `npm run test:chaos`: runs the chaos test for longer than in CI, from a seed that can be chosen. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { readCommandLine, readNumber } from '../support/command-line.ts';

const usage = `npm run test:chaos -- [--seconds 60] [--seed 1]

Breaks a cluster of three processes, its Redis and its PostgreSQL at random, twice: with a Redis that loses nothing, and with one that comes
back empty. Without --seed each run is different; it prints its seed.`;

const { values, refuse } = readCommandLine(usage, {
  seconds: { type: 'string', default: '60' },
  seed: { type: 'string' },
});
const seconds = readNumber(values.seconds, (number) => number > 0 && number <= 3_600, refuse);
const seed = values.seed === undefined ? undefined : readNumber(values.seed, Number.isSafeInteger, refuse);
const { status } = spawnSync(
  process.execPath,
  [resolve(import.meta.dirname, '../run.ts'), 'test/chaos/chaos.test.ts'],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      CHAOS_SECONDS: String(seconds),
      ...(seed !== undefined && { CHAOS_SEED: String(seed) }),
    },
  },
);
process.exitCode = status ?? 1;
