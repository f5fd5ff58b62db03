/** Makes rows of the figures: one for each workload and subject, each figure the median of its runs. */
import type { SubjectName } from '../subjects.ts';
import type { Figures } from '../workloads/workload.ts';
import { quantile } from './quantile.ts';

/** The figures of one run. */
export interface Sample {
  readonly workload: string;
  readonly subject: SubjectName;
  readonly figures: Figures;
}

/** Figures that every row has; null where they do not belong to its workload. */
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
  readonly subject: SubjectName;
  readonly runs: number;
} & {
  readonly [F in CommonFigure]: number | null;
} & { readonly [further: string]: number | string | null };

/** The rows are in the order in which their first samples come. */
export function medianRows(samples: readonly Sample[]): Row[] {
  const kinds = Map.groupBy(samples, ({ workload, subject, figures }) =>
    [workload, subject, figures['eventsPerSecond'] ?? '', figures['second'] ?? ''].join(' '),
  );
  return [...kinds.values()].map((same) => {
    const { workload, subject } = same[0]!;
    const names = new Set([...commonFigures, ...same.flatMap(({ figures }) => Object.keys(figures))]);
    const figures = [...names].map((name) => [name, median(same.map((sample) => sample.figures[name]))]);
    return { workload, subject, runs: same.length, ...Object.fromEntries(figures) } as Row;
  });
}

/** Null when one value is missing: runs fail when they go badly, so a median of the others would be too good. */
function median(values: readonly (number | null | undefined)[]): number | null {
  const numbers = values.filter((value) => value != null);
  return numbers.length < values.length ? null : round(quantile(numbers, 0.5));
}

const round = (value: number) => Number(value.toPrecision(6));
