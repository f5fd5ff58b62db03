/** Calculates what pairs of runs say about a change: each figure's ratio, pair by pair, and whether it is more than chance. */
import type { Figures } from '../workloads/workload.ts';
import { quantile } from './quantile.ts';

/** One run of each side, one right after the other. */
export interface Pair {
  readonly base: RunRows;
  readonly own: RunRows;
}
export type RunRows = readonly { readonly workload: string; readonly figures: Figures }[];

export interface Comparison {
  readonly workload: string;
  readonly figure: string;
  /** The figures of each pair that has both, base first. */
  readonly pairs: readonly (readonly [base: number, own: number])[];
  /** Medians. */
  readonly base: number;
  readonly own: number;
  /** This tree's figure divided by that of the base, pair by pair: below 1, this tree is better. */
  readonly ratio: {
    readonly median: number;
    readonly min: number;
    readonly lowerQuartile: number;
    readonly upperQuartile: number;
    readonly max: number;
  };
  /** A confidence interval of 95 % for the median ratio; null when there are too few pairs. */
  readonly interval: readonly [low: number, high: number] | null;
}

interface Figure {
  readonly name: string;
  readonly read: (figures: Figures) => number | null;
}

const plain = (name: string, key: string): Figure => ({ name, read: (figures) => figures[key] ?? null });

/** Turns a figure "so many for each second of CPU time" into the CPU time of one, in microseconds. */
const usOfOne = (name: string, key: string): Figure => ({
  name,
  read(figures) {
    const perCpuSecond = figures[key] ?? null;
    return perCpuSecond === null ? null : 1e6 / perCpuSecond;
  },
});

/** For each of them, less is better. */
const compared: readonly Figure[] = [
  usOfOne('µs CPU/delivery', 'deliveriesPerCpuSecond'),
  usOfOne('µs CPU/request', 'requestsPerCpuSecond'),
  plain('µs CPU/subscribe', 'usPerSubscribe'),
  plain('p50 ms', 'p50Ms'),
  plain('p99 ms', 'p99Ms'),
  plain('KB/connection', 'kbPerConnection'),
  plain('KB/subscription', 'kbPerSubscription'),
  plain('s until live', 'secondsUntilLive'),
];

/** One comparison for each row of the workload and each figure of that row. */
export function compare(pairs: readonly Pair[]): Comparison[] {
  const rows = [...new Set(pairs.flatMap(({ base }) => base.map(nameOf)))];
  return rows.flatMap((workload) =>
    compared.flatMap(({ name, read }) => {
      const both = pairs.flatMap(({ base, own }) => {
        const [one, other] = [base, own].map((run) => {
          const row = run.find((each) => nameOf(each) === workload);
          return row ? read(row.figures) : null;
        });
        return isRatio(one) && isRatio(other) ? [[one, other] as const] : [];
      });
      return both.length === 0 ? [] : [{ workload, figure: name, ...compareFigure(both) }];
    }),
  );
}

/** Zero and missing figures have no ratio. */
const isRatio = (value: number | null | undefined): value is number =>
  value != null && value > 0 && value < Infinity;

/** A workload with several rates, or several times, has a row for each. */
function nameOf({ workload, figures }: RunRows[number]): string {
  const { eventsPerSecond, second } = figures;
  if (second != null) return `${workload} at second ${second}`;
  return eventsPerSecond == null ? workload : `${workload} at ${eventsPerSecond} events/s`;
}

export function compareFigure(
  pairs: Comparison['pairs'],
): Pick<Comparison, 'pairs' | 'base' | 'own' | 'ratio' | 'interval'> {
  const ratios = pairs.map(([base, own]) => own / base);
  const at = (share: number) => quantile(ratios, share);
  return {
    pairs,
    base: quantile(
      pairs.map(([base]) => base),
      0.5,
    ),
    own: quantile(
      pairs.map(([, own]) => own),
      0.5,
    ),
    ratio: { median: at(0.5), min: at(0), lowerQuartile: at(0.25), upperQuartile: at(0.75), max: at(1) },
    interval: intervalOfMedian(ratios),
  };
}

const certainty = 0.95;

/**
 * The interval of the sign test: from the kth smallest ratio to the kth largest, for the largest k that is certain enough.
 * It assumes only that pairs are independent: each ratio lies below the true median with a chance of one half, so the number
 * of those below is binomial. With ten pairs it reaches from the second smallest to the second largest (97.9 %).
 */
function intervalOfMedian(ratios: readonly number[]): readonly [number, number] | null {
  const sorted = ratios.toSorted((a, b) => a - b);
  let k = 0;
  /** The chance that fewer than k ratios lie below the true median, or above it. */
  let chance = 0;
  for (let term = 2 * 0.5 ** sorted.length; chance + term <= 1 - certainty;) {
    chance += term;
    k += 1;
    term *= (sorted.length - k + 1) / k;
  }
  return k === 0 ? null : [sorted[k - 1]!, sorted.at(-k)!];
}

/** Whether runs of the same code may differ as much; null when there are too few pairs to tell. */
export function isWithinSpread({ interval }: Pick<Comparison, 'interval'>): boolean | null {
  return interval === null ? null : interval[0] <= 1 && interval[1] >= 1;
}
