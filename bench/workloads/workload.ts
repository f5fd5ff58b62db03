/** Owns what a workload is: who takes part in it, how one run of it goes, and which figures come of it. */
import type { ContestantName } from '../contestants.ts';
import type { Stage, StageOptions } from '../stage.ts';

/** Null where a figure does not belong to the workload, or could not be taken. */
export type Figures = Readonly<Record<string, number | null>>;

export interface Measured {
  /** One for each row; most workloads have one. */
  readonly rows: readonly { readonly workload: string; readonly figures: Figures }[];
  /** What a client was shown, to be compared between contestants. */
  readonly samples: readonly unknown[];
}

export interface Run {
  /** Shrinks everything, 0 to 1. */
  readonly scale: number;
  /** Sets the stage, and clears it when `play` has ended. */
  on<T>(
    needs: Pick<StageOptions, 'sockets' | 'dispatches' | 'isHttp'>,
    play: (stage: Stage) => Promise<T>,
  ): Promise<T>;
}

export interface Workload {
  readonly name: string;
  readonly what: string;
  readonly contestants: readonly ContestantName[];
  run(run: Run, contestant: ContestantName): Promise<Measured>;
}

/** At least one of what is shrunk. */
export const scaled = (count: number, scale: number) => Math.max(1, Math.round(count * scale));

/** No shorter than half a second. */
export const scaledMs = (durationMs: number, scale: number) =>
  Math.max(500, Math.round(durationMs * Math.sqrt(scale)));
