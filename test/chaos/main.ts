/** The command `npm run test:chaos`: runs the chaos test for longer than in CI, from a seed that can be chosen. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const usage = `npm run test:chaos -- [--seconds 60] [--seed 1]

Breaks a cluster of three processes, its Redis and its PostgreSQL at random, twice: with a Redis that loses nothing, and with one that comes
back empty. Without --seed each run is different; it prints its seed.`;

function refuse(): never {
  console.error(usage);
  process.exit(2);
}

function parseNumber(text: string, isRight: (number: number) => boolean): string {
  return isRight(Number(text)) ? text : refuse();
}

function readValues() {
  const options = {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    help: { type: 'boolean', default: false },
  } as const;
  try {
    return parseArgs({ options }).values;
  } catch {
    return refuse();
  }
}

const values = readValues();
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const { status } = spawnSync(
  process.execPath,
  [resolve(import.meta.dirname, '../run.ts'), 'test/chaos/chaos.test.ts'],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      CHAOS_SECONDS: parseNumber(values.seconds, (seconds) => seconds > 0 && seconds <= 3_600),
      ...(values.seed !== undefined && { CHAOS_SEED: parseNumber(values.seed, Number.isSafeInteger) }),
    },
  },
);
process.exitCode = status ?? 1;
