/** The figures as rows: one per workload and contestant, each figure the median of its runs. */
import type { ContestantName } from '../contestants.ts';
import type { Figures } from '../workloads/workload.ts';
import { quantile } from './quantile.ts';

/** What one run measured. */
export interface Sample {
  readonly workload: string;
  readonly contestant: ContestantName;
  readonly figures: Figures;
}

/** Figures that each row has, null where they do not belong to its workload. */
const commonFigures = [
  'deliveriesPerCpuSecond',
  'p50Ms',
  'p99Ms',
  'kbPerConnection',
  'kbPerSubscription',
  'usPerSubscribe',
] as const;
type CommonFigure = (typeof commonFigures)[number];

export type Row = {
  readonly workload: string;
  readonly contestant: ContestantName;
  readonly runs: number;
} & {
  readonly [F in CommonFigure]: number | null;
} & { readonly [further: string]: number | string | null };

/** In the order in which they first appear. */
export function medianRows(samples: readonly Sample[]): Row[] {
  const kinds = Map.groupBy(samples, ({ workload, contestant, figures }) =>
    [workload, contestant, figures['eventsPerSecond'] ?? ''].join(' '),
  );
  return [...kinds.values()].map((same) => {
    const { workload, contestant } = same[0]!;
    const names = new Set([...commonFigures, ...same.flatMap(({ figures }) => Object.keys(figures))]);
    const figures = [...names].map((name) => [name, median(same.map((sample) => sample.figures[name]))]);
    return { workload, contestant, runs: same.length, ...Object.fromEntries(figures) } as Row;
  });
}

/** Null when one of them is missing: a median of the rest would flatter. */
function median(values: readonly (number | null | undefined)[]): number | null {
  const numbers = values.filter((value) => value != null);
  return numbers.length < values.length ? null : round(quantile(numbers, 0.5));
}

const round = (value: number) => Number(value.toPrecision(6));
