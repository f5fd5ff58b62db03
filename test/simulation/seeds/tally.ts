/** What came of worlds: sums over them, and which of them broke a promise. */
import type { Outcome } from '../world.ts';

export interface Failure {
  readonly seed: number;
  readonly step: number;
  readonly violation: string;
}

export interface Tally {
  seeds: number;
  steps: number;
  connects: number;
  snapshots: number;
  gapsTold: number;
  /** In the order of their seeds. */
  failures: Failure[];
}

export const createTally = (): Tally => ({
  ...{ seeds: 0, steps: 0, connects: 0, snapshots: 0, gapsTold: 0 },
  failures: [],
});

export function count(tally: Tally, seed: number, outcome: Outcome): void {
  const { steps: step, violation } = outcome;
  addUp(tally, { ...outcome, seeds: 1, failures: violation === null ? [] : [{ seed, step, violation }] });
}

export function addUp(tally: Tally, more: Readonly<Tally>): void {
  for (const sum of ['seeds', 'steps', 'connects', 'snapshots', 'gapsTold'] as const) tally[sum] += more[sum];
  tally.failures = [...tally.failures, ...more.failures].sort((one, other) => one.seed - other.seed);
}

export const describeFailure = ({ seed, step, violation }: Failure): string =>
  `seed ${seed}, step ${step}: ${violation}`;
