/** Counts the rows of a call log by kind, and says why none of them could be played. */
import type { LogRow } from './calls/call-log.ts';
import { count } from './count.ts';

/** Rows that were skipped for one reason. */
export interface SkippedRows {
  readonly count: number;
  /** The first ones, or all where that was asked for. */
  readonly rows: readonly string[];
}

/** The rows of a call log, by kind. */
export interface RowCounts {
  readonly read: number;
  /** Responses of ambulances, including those that cannot be used. */
  readonly ambulanceResponses: number;
  readonly skipped: Readonly<Record<string, SkippedRows>>;
  /** Responses that could be played, but for the time that was asked for. */
  readonly atOtherTimes: number;
  /** What units the others are, as far as there are few kinds of them. */
  readonly otherUnitTypes: ReadonlySet<string>;
}

/** Rows that are named of each reason, and kinds of other units. */
const maxNamed = 5;

export class RowTally {
  readonly #namesAll: boolean;
  readonly #skipped: Record<string, { count: number; rows: string[] }> = {};
  readonly #otherUnitTypes = new Set<string>();
  #ambulanceResponses = 0;
  #atOtherTimes = 0;
  read = 0;

  constructor({ namesAll }: { readonly namesAll: boolean }) {
    this.#namesAll = namesAll;
  }

  /** `isInTime`: of a response, whether it is of the time that was asked for. */
  add(row: LogRow, isInTime: boolean): void {
    this.read += 1;
    if (row.kind === 'other-unit') {
      if (this.#otherUnitTypes.size < maxNamed) this.#otherUnitTypes.add(row.unitType);
      return;
    }
    this.#ambulanceResponses += 1;
    if (row.kind === 'skipped') {
      const skipped = (this.#skipped[row.reason] ??= { count: 0, rows: [] });
      skipped.count += 1;
      if (this.#namesAll || skipped.rows.length < maxNamed) skipped.rows.push(row.row);
    } else if (!isInTime) this.#atOtherTimes += 1;
  }

  get counts(): RowCounts {
    return {
      read: this.read,
      ambulanceResponses: this.#ambulanceResponses,
      skipped: this.#skipped,
      atOtherTimes: this.#atOtherTimes,
      otherUnitTypes: this.#otherUnitTypes,
    };
  }
}

/** Why no row of a log could be played. */
export function explainNothing(counts: RowCounts): string {
  const { read, ambulanceResponses, skipped, atOtherTimes, otherUnitTypes } = counts;
  const others = read - ambulanceResponses;
  const types = [...otherUnitTypes].map((type) => type || 'none').join(', ');
  const kinds = [
    ...(others > 0 ? [`${others} of other units (Unit Type ${types}; MEDIC and PRIVATE are played)`] : []),
    ...Object.entries(skipped).map(([reason, of]) => `${of.count} skipped, ${reason}: ${of.rows[0]}`),
    ...(atOtherTimes > 0 ? [`${atOtherTimes} received outside of --from and --to`] : []),
  ];
  const what = kinds.length > 0 ? `: ${kinds.join('; ')}` : '';
  return `Nothing could be played. ${count(read, 'row')} read${what}.`;
}
