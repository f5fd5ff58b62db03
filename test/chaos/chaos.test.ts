/** Proves that clients get every event, in order, while processes, Redis, PostgreSQL and networks are broken at random. */
import { expect, test } from '@jest/globals';
import { runChaos, type ChaosOptions, type SetUpName } from './chaos.ts';
import { hasRelease, unpackRelease } from '../support/release-tree.ts';
import { formatBeginning, formatFigures, formatOffences } from './report.ts';

/** `npm run test:chaos` causes more, with all clients that there are to be. */
const faults = Number(process.env['CHAOS_FAULTS'] ?? 20);
const size = process.env['CHAOS_FAULTS'] === undefined ? 'small' : 'full';
/** Another release, whose processes are there as well: a commit, a branch or a tag. */
const beside = process.env['CHAOS_BESIDE'];
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1e9));
/** Time for the start, the last dispatches, catching up and stopping. */
const otherwiseMs = 600_000;
const perFaultMs = 3_000;

/** A long run says where it is. */
const tell = (count: number): void => {
  if (count % 100 === 0) process.stdout.write(`  ${count} faults\n`);
};

if (beside !== undefined && !hasRelease(beside)) throw new Error(`git knows no commit "${beside}".`);

async function expectNoOffence(asked: ChaosOptions): Promise<void> {
  using release = beside === undefined ? undefined : unpackRelease(beside);
  const options = { ...asked, ...(release && { beside: release }), onFault: tell };
  process.stdout.write(formatBeginning(options));
  const outcome = await runChaos(options);
  process.stdout.write(formatFigures(outcome));
  expect(formatOffences(options, outcome)).toBe('');
}

const promises: Readonly<Record<SetUpName, string>> = {
  durable: 'whatever breaks, every client gets every version of what it watches in order',
  emptied:
    'with a Redis that comes back empty, no client goes back to an older version or misses the newest one',
  embedded: 'one process with stores of its own keeps the same promises while it lives',
};

const setUps = Object.entries(promises) as [SetUpName, string][];

test.each(setUps)(
  '%s: %s',
  (setUp) => expectNoOffence({ seed, faults, size, setUp }),
  faults * perFaultMs + otherwiseMs,
);
