/** Owns the proof that many processes are one stream: whatever breaks, nobody misses anything, and nobody is told twice. */
import { expect, test } from '@jest/globals';
import { runChaos, type ChaosOptions } from './chaos.ts';
import { tellBeginning, tellFigures, tellOffences } from './report.ts';

/** `npm run test:chaos` takes longer. */
const durationMs = 1000 * Number(process.env['CHAOS_SECONDS'] ?? 20);
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1e9));
/** Start, the last lap, catching up and the end of everything. */
const otherwiseMs = 240_000;

async function expectNoOffence(options: ChaosOptions): Promise<void> {
  process.stdout.write(tellBeginning(options));
  const outcome = await runChaos(options);
  process.stdout.write(tellFigures(outcome));
  expect(tellOffences(options, outcome)).toBe('');
}

test(
  'whatever breaks: every subscriber is shown every version of what it watches exactly once and in order',
  () => expectNoOffence({ seed, durationMs, law: 'nothing is lost' }),
  durationMs + otherwiseMs,
);

test(
  'with a Redis that comes back empty: nobody goes back or misses what is newest, and nobody knows it not',
  () => expectNoOffence({ seed, durationMs, law: 'nobody is behind' }),
  durationMs + otherwiseMs,
);
