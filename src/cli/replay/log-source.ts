/** What is to be played: the responses of a call log, or those of a made-up evening. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { AmbulanceResponse } from './calls/ambulance-response.ts';
import { readCallLog } from './calls/call-log.ts';
import { CallLogError } from './calls/columns.ts';
import { generateEvening } from './calls/demo.ts';
import { SortedResponses } from './calls/sorted-responses.ts';
import type { ReplayOptions } from './options.ts';
import type { ReadingProgress } from './reading-progress.ts';
import { RowTally, type RowCounts } from './row-tally.ts';

export interface Source extends Disposable {
  readonly responses: Iterable<AmbulanceResponse>;
  /** Null for a demo without end. */
  readonly length: number | null;
  readonly rows: RowCounts | null;
}

/** Friday, 18:00 in San Francisco. */
const DEMO_START_MS = Date.UTC(2026, 0, 10, 2);

export function demoSource({ seed, limit }: ReplayOptions): Source {
  const responses = generateEvening({ seed, startMs: DEMO_START_MS });
  const endless = limit === Infinity;
  return {
    responses: endless ? responses : responses.take(limit),
    length: endless ? null : limit,
    rows: null,
    [Symbol.dispose]: () => {},
  };
}

/**
 * Reads the whole log, because its rows are not in order of time; keeps only the responses that will be played. Once `signal` is
 * aborted it reads no further.
 *
 * @throws CallLogError
 */
export async function fileSource(
  file: string,
  { fromMs, toMs, limit, verbose }: ReplayOptions,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: ReadingProgress },
): Promise<Source> {
  const about = await stat(file);
  if (about.isDirectory()) throw new CallLogError(`${file} is a folder, and not a file.`);
  const tally = new RowTally({ namesAll: verbose });
  const responses = new SortedResponses({ limit });
  const stream = createReadStream(file, { signal });
  try {
    for await (const row of readCallLog(stream)) {
      const isInTime =
        row.kind === 'response' &&
        row.response.times.received >= fromMs &&
        row.response.times.received < toMs;
      if (isInTime) responses.add(row.response);
      tally.add(row, isInTime);
      // Of a pipe nobody knows how long it is.
      progress.reached(tally.read, about.isFile() ? stream.bytesRead / about.size : null);
    }
  } catch (error) {
    // Whoever has interrupted it knows why.
    if (!signal.aborted) {
      responses[Symbol.dispose]();
      throw error;
    }
  }
  return {
    ...{ responses, rows: tally.counts },
    length: responses.length,
    [Symbol.dispose]: () => responses[Symbol.dispose](),
  };
}
