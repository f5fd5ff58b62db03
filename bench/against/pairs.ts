/** Runs both sides in pairs, one right after the other, so that the state of the machine is much the same for both. */
import type { Measured } from '../workloads/workload.ts';

export const sides = ['base', 'own'] as const;
/** `base` is the other commit, `own` this tree. */
export type Side = (typeof sides)[number];
export type MeasuredPair = Readonly<Record<Side, Measured>>;

/** After as many failures, the rest of the workload is given up. */
const maxFailures = 2;

/** The order changes from pair to pair, so that neither side is always the first. `number` is 1, 2, 3 … */
export const orderOf = (number: number): readonly Side[] => (number % 2 === 1 ? sides : sides.toReversed());

/** Returns the pairs of which both runs succeeded. */
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
