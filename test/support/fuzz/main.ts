/** `npm run test:fuzz`: more requests and frames made by chance than CI has time for, from a seed that can be chosen. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { parseCommandLine, readNumber, runCommand } from '../../../src/cli/command.ts';

const usage = `npm run test:fuzz -- [--count 100000] [--seed 1]

Sends so many requests, as many frames of WebSockets and as many HTTP messages, all made by chance, to one server process.
It must live, answer no INTERNAL_SERVER_ERROR, answer alike what is compiled and what is interpreted, and come back to the
memory with which it began.

  --count N   of each, at least 500; 100000 takes about a quarter of an hour
  --seed N    makes the same inputs as a run that printed this seed; by chance unless given
  --help      this text`;

/** Fewer would not have everything in them that must come up. */
const leastCount = 500;

const options = { count: { type: 'string', default: '100000' }, seed: { type: 'string' } } as const;

function run(args: readonly string[]): number {
  const { count, seed } = parseCommandLine(args, options);
  const max = Number.MAX_SAFE_INTEGER;
  const env: NodeJS.ProcessEnv = {
    FUZZ_COUNT: String(readNumber('--count', count, { min: leastCount, max })),
  };
  if (seed !== undefined) env['FUZZ_SEED'] = String(readNumber('--seed', seed, { min: 0, max }));
  const { status } = spawnSync(
    process.execPath,
    [resolve(import.meta.dirname, '../../run.ts'), 'test/attack/fuzz.test.ts'],
    { stdio: 'inherit', env: { ...process.env, ...env } },
  );
  return status ?? 1;
}

await runCommand({ usage, run });
