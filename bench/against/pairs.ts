/** The order of runs: pairs of both sides, one right after the other, so that the machine's mood is the same for both. */
import type { Measured } from '../workloads/workload.ts';

export const sides = ['base', 'own'] as const;
/** `base` is the other commit, `own` this tree. */
export type Side = (typeof sides)[number];
export type MeasuredPair = Readonly<Record<Side, Measured>>;

/** A workload that fails as often will go on failing. */
const maxFailures = 2;

/** Neither is always the one that finds the machine as the other left it. `number` is 1, 2, 3 … */
export const orderOf = (number: number): readonly Side[] => (number % 2 === 1 ? sides : sides.toReversed());

/** A pair of which one run fails is none. */
export async function runPairs(
  count: number,
  run: (side: Side, number: number) => Promise<Measured>,
  onFailure: (side: Side, number: number, error: Error) => void,
): Promise<MeasuredPair[]> {
  const pairs: MeasuredPair[] = [];
  let failures = 0;
  for (let number = 1; number <= count && failures < maxFailures; number += 1) {
    const measured: Partial<Record<Side, Measured>> = {};
    for (const side of orderOf(number)) {
      try {
        measured[side] = await run(side, number);
      } catch (error) {
        failures += 1;
        onFailure(side, number, error as Error);
        break;
      }
    }
    const { base, own } = measured;
    if (base && own) pairs.push({ base, own });
  }
  return pairs;
}
