/** Counts what a replay did, and formats the summary. */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { count } from './count.ts';
import type { RowCounts } from './row-tally.ts';

export interface Summary {
  readonly finished: boolean;
  readonly dispatches: {
    readonly created: number;
    readonly completado: number;
    readonly cancelado: number;
    /** All steps of the log were sent, but they do not end the dispatch. */
    readonly open: number;
    /** Given up after an error. */
    readonly abandoned: number;
    /** Cancelled because the replay was interrupted. */
    readonly cleanedUp: number;
    /** Left behind by a replay that was interrupted: they could not be cancelled, or were to be kept. */
    readonly leftBehind: number;
  };
  readonly mutations: number;
  readonly mutationsByKind: Readonly<Record<string, number>>;
  readonly durationMs: number;
  readonly mutationsPerSecond: number;
  readonly requestMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** The longest delay of a step behind its time. */
  readonly maxLateMs: number;
  readonly retries: number;
  /** Mutations that may or may not have been executed: their answers were lost, and did not come when they were sent again. */
  readonly uncertain: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly errorSamples: readonly string[];
  readonly rows?: {
    readonly read: number;
    readonly ambulanceResponses: number;
    readonly skipped: Readonly<Record<string, number>>;
    readonly skippedRows: Readonly<Record<string, readonly string[]>>;
  };
}

const MAX_SAMPLES = 5;

export class Tally {
  readonly #durations: RecordableHistogram = createHistogram();
  readonly #byKind: Record<string, number> = {};
  readonly #errors: Record<string, number> = {};
  readonly #samples: string[] = [];
  readonly #verbose: boolean;
  #mutations = 0;
  #completado = 0;
  #cancelado = 0;
  #dispatchesEnded = 0;
  #abandoned = 0;
  #cleanedUp = 0;
  #leftBehind = 0;
  #retries = 0;
  #uncertain = 0;
  #errorCount = 0;
  #maxLateMs = 0;

  constructor(options: { readonly verbose: boolean }) {
    this.#verbose = options.verbose;
  }

  get mutations(): number {
    return this.#mutations;
  }

  get dispatchesEnded(): number {
    return this.#dispatchesEnded;
  }

  get errorCount(): number {
    return this.#errorCount;
  }

  get hasFailures(): boolean {
    return this.#errorCount > 0 || this.#uncertain > 0 || this.#abandoned > 0;
  }

  answered(durationMs: number): void {
    this.#durations.record(Math.max(1, Math.round(durationMs * 1000)));
  }

  applied(kind: string, estado?: string): void {
    this.#mutations += 1;
    this.#byKind[kind] = (this.#byKind[kind] ?? 0) + 1;
    if (estado === 'COMPLETADO') this.#completado += 1;
    if (estado === 'CANCELADO') this.#cancelado += 1;
  }

  retried(): void {
    this.#retries += 1;
  }

  failed(code: string, what: string): void {
    this.#errorCount += 1;
    this.#errors[code] = (this.#errors[code] ?? 0) + 1;
    this.#note(`${code}: ${what}`);
  }

  leftUncertain(what: string): void {
    this.#uncertain += 1;
    this.#note(`uncertain: ${what}`);
  }

  dispatchEnded(complete: boolean): void {
    this.#dispatchesEnded += 1;
    if (!complete) this.#abandoned += 1;
  }

  /** An interrupted replay has cancelled a dispatch of its own, or has not. */
  interrupted({ isCancelled }: { readonly isCancelled: boolean }): void {
    if (!isCancelled) {
      this.#leftBehind += 1;
      return;
    }
    this.applied('cleanUp');
    this.#cleanedUp += 1;
  }

  late(lateMs: number): void {
    this.#maxLateMs = Math.max(this.#maxLateMs, lateMs);
  }

  #note(sample: string): void {
    if (this.#verbose || this.#samples.length < MAX_SAMPLES) this.#samples.push(sample);
  }

  summary(durationMs: number, finished: boolean, rows: RowCounts | null): Summary {
    const created = this.#byKind['create'] ?? 0;
    const ended = this.#completado + this.#cancelado;
    const percentileMs = (percent: number) =>
      this.#durations.count === 0 ? 0 : this.#durations.percentile(percent) / 1000;
    return {
      finished,
      dispatches: {
        created,
        completado: this.#completado,
        cancelado: this.#cancelado,
        open: Math.max(0, this.#dispatchesEnded - this.#abandoned - ended),
        abandoned: this.#abandoned,
        cleanedUp: this.#cleanedUp,
        leftBehind: this.#leftBehind,
      },
      mutations: this.#mutations,
      mutationsByKind: this.#byKind,
      durationMs: Math.round(durationMs),
      mutationsPerSecond: durationMs > 0 ? Math.round((this.#mutations / durationMs) * 10_000) / 10 : 0,
      requestMs: {
        p50: percentileMs(50),
        p99: percentileMs(99),
        max: this.#durations.count === 0 ? 0 : this.#durations.max / 1000,
      },
      maxLateMs: Math.round(this.#maxLateMs),
      retries: this.#retries,
      uncertain: this.#uncertain,
      errors: this.#errors,
      errorSamples: this.#samples,
      ...(rows && { rows: summariseRows(rows) }),
    };
  }
}

function summariseRows({ read, ambulanceResponses, skipped }: RowCounts) {
  const reasons = Object.entries(skipped);
  return {
    read,
    ambulanceResponses,
    skipped: Object.fromEntries(reasons.map(([reason, of]) => [reason, of.count])),
    skippedRows: Object.fromEntries(reasons.map(([reason, of]) => [reason, of.rows])),
  };
}

/** The summary as several lines of text. */
export function formatSummary(summary: Summary): string {
  const { dispatches, requestMs } = summary;
  const outcomes = [
    `${dispatches.completado} completed`,
    `${dispatches.cancelado} cancelled`,
    ...(dispatches.open > 0 ? [`${dispatches.open} left open by the log`] : []),
    ...(dispatches.abandoned > 0 ? [`${dispatches.abandoned} given up`] : []),
    ...(dispatches.cleanedUp > 0 ? [`${dispatches.cleanedUp} cleaned up`] : []),
    ...(dispatches.leftBehind > 0 ? [`${dispatches.leftBehind} left as they are`] : []),
  ];
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  return [
    `${summary.finished ? 'Played' : 'Stopped after'} ${count(dispatches.created, 'dispatch', 'dispatches')}: ${outcomes.join(', ')}.`,
    `${count(summary.mutations, 'mutation')} in ${(summary.durationMs / 1000).toFixed(1)} s, ${summary.mutationsPerSecond} a second; ` +
      `p50 ${ms(requestMs.p50)}, p99 ${ms(requestMs.p99)}.`,
    ...formatRows(summary.rows),
    ...formatTroubles(summary),
  ].join('\n');
}

function formatRows(rows: Summary['rows']): string[] {
  if (!rows) return [];
  const reasons = Object.entries(rows.skipped);
  const skipped = reasons.reduce((sum, [, number]) => sum + number, 0);
  return [
    `${count(rows.read, 'row')} read, ${count(rows.ambulanceResponses, 'ambulance response')}, ${skipped} skipped.`,
    ...reasons.map(([reason, number]) => {
      const shown = rows.skippedRows[reason] ?? [];
      const more = number > shown.length ? `, … (--verbose names all)` : '';
      return `  ${number} skipped, ${reason}: ${shown.join(', ')}${more}`;
    }),
  ];
}

function formatTroubles({ errors, errorSamples, retries, uncertain, maxLateMs }: Summary): string[] {
  const codes = Object.entries(errors).map(([code, number]) => `${code} ${number}`);
  return [
    ...(maxLateMs >= 1000 ? [`Up to ${(maxLateMs / 1000).toFixed(1)} s behind the pace.`] : []),
    ...(retries > 0 ? [`${count(retries, 'request')} repeated.`] : []),
    ...(uncertain > 0 ? [`${count(uncertain, 'mutation')} may or may not have been executed.`] : []),
    ...(codes.length > 0 ? [`Errors: ${codes.join(', ')}.`] : []),
    ...errorSamples.map((sample) => `  ${sample}`),
  ];
}
