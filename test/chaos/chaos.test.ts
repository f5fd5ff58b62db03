/** Proves that subscribers get every event exactly once and in order while processes, Redis and sockets are broken at random. */
import { expect, test } from '@jest/globals';
import { runChaos, type ChaosOptions } from './chaos.ts';
import { formatBeginning, formatFigures, formatOffences } from './report.ts';

/** `npm run test:chaos` runs it for longer. */
const durationMs = 1000 * Number(process.env['CHAOS_SECONDS'] ?? 20);
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1e9));
/** Time for the start, the last dispatches, catching up and stopping. */
const otherwiseMs = 240_000;

async function expectNoOffence(options: ChaosOptions): Promise<void> {
  process.stdout.write(formatBeginning(options));
  const outcome = await runChaos(options);
  process.stdout.write(formatFigures(outcome));
  expect(formatOffences(options, outcome)).toBe('');
}

test(
  'whatever breaks, every subscriber gets every version of what it watches exactly once and in order',
  () => expectNoOffence({ seed, durationMs, law: 'nothing is lost' }),
  durationMs + otherwiseMs,
);

test(
  'with a Redis that comes back empty, no subscriber goes back to an older version or misses the newest one',
  () => expectNoOffence({ seed, durationMs, law: 'nobody is behind' }),
  durationMs + otherwiseMs,
);
