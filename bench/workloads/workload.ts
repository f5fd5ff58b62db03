/** The interface of a workload: its subjects, how one run of it goes, and the figures that come of it. */
import type { SubjectName } from '../subjects.ts';
import type { Stage, StageOptions } from '../stage.ts';

/** Null where a figure does not belong to the workload, or could not be measured. */
export type Figures = Readonly<Record<string, number | null>>;

export interface Measured {
  /** Most workloads have one row. */
  readonly rows: readonly { readonly workload: string; readonly figures: Figures }[];
  /** What clients received, to be compared between subjects. */
  readonly samples: readonly unknown[];
  /** What the subject promises and did not keep. Its figures count all the same. */
  readonly failures?: readonly string[];
}

export interface Run {
  /** The share of the sockets, topics and rates, above 0, at most 1. */
  readonly scale: number;
  /** How long a workload goes on that is about time. */
  readonly seconds: number;
  /** Starts the processes, and stops them when `play` has ended. */
  on<T>(
    needs: Pick<StageOptions, 'sockets' | 'dispatches' | 'isHttp'>,
    play: (stage: Stage) => Promise<T>,
  ): Promise<T>;
}

export interface Workload {
  readonly name: string;
  readonly what: string;
  readonly subjects: readonly SubjectName[];
  run(run: Run, subject: SubjectName): Promise<Measured>;
}

/** At least 1. */
export const scaled = (count: number, scale: number) => Math.max(1, Math.round(count * scale));

/** At least half a second. */
export const scaledMs = (durationMs: number, scale: number) =>
  Math.max(500, Math.round(durationMs * Math.sqrt(scale)));
