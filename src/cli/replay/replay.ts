/** Owns a whole replay: from its source to its summary. */
import { createReadStream } from 'node:fs';
import { systemClock } from '../../lib/clock.ts';
import type { AmbulanceResponse } from './ambulance-response.ts';
import { readCallLog } from './call-log.ts';
import { generateEvening } from './demo.ts';
import { createGraphqlClient } from './graphql-client.ts';
import type { ReplayOptions } from './options.ts';
import { createProgress, createQuietProgress, type ProgressStream } from './progress.ts';
import { play } from './schedule.ts';
import { createSender, ReplayError } from './sender.ts';
import { Tally, type RowCounts, type Summary } from './tally.ts';
import { planDispatches } from './timeline.ts';
import { createTokenSource } from './token-source.ts';

export interface ReplayResult {
  readonly summary: Summary;
  /** Nothing failed, as far as it was played. */
  readonly ok: boolean;
  /** Why it ended before its end; null when it did not, or was stopped. */
  readonly failure: string | null;
}

interface Source {
  readonly responses: Iterable<AmbulanceResponse>;
  /** Null when they have no end. */
  readonly length: number | null;
  readonly rows: RowCounts | null;
}

const REQUEST_TIMEOUT_MS = 30_000;
/** Friday, 18:00 in San Francisco. */
const DEMO_START_MS = Date.UTC(2026, 0, 10, 2);

/**
 * Plays what the options ask for, until its end or until the signal is aborted.
 *
 * @param stream where progress and messages are shown
 * @throws CallLogError, ReplayError when there is nothing to begin with
 */
export async function replay(
  options: ReplayOptions,
  signal: AbortSignal,
  stream: ProgressStream,
): Promise<ReplayResult> {
  const clock = systemClock;
  const token = createTokenSource(options.token, clock);
  const source = options.file === null ? demoSource(options) : await fileSource(options.file, options);
  const tally = new Tally(options);
  const progress =
    options.output === 'progress'
      ? createProgress({ tally, dispatches: source.length, stream })
      : createQuietProgress(stream);
  const client = createGraphqlClient({
    url: options.url,
    maxConnections: options.concurrency,
    timeoutMs: REQUEST_TIMEOUT_MS,
    token,
    onAnswer: (durationMs) => tally.answered(durationMs),
  });
  const startedAt = performance.now();
  const halt = new AbortController();
  const stop = AbortSignal.any([signal, halt.signal]);
  let failure: string | null = null;
  try {
    const { notify } = progress;
    const open = createSender({ client, tally, clock, signal: stop, patienceMs: options.patienceMs, notify });
    await play({
      plans: planDispatches(source.responses, options),
      open: (plan) => {
        const session = open(plan);
        return { send: (step) => session.send(step).catch((error: unknown) => haltWith(error)) };
      },
      ...{ speed: options.speed, concurrency: options.concurrency, clock, signal: stop },
      onStep(atMs, lateMs) {
        progress.reached(atMs);
        tally.late(lateMs);
      },
      onDispatchEnd: (complete) => tally.dispatchEnded(complete),
    });
  } catch (error) {
    if (!(error instanceof ReplayError)) throw error;
    failure = error.message;
  } finally {
    progress.close();
    client.close();
  }
  const finished = failure === null && !signal.aborted;
  const summary = tally.summary(performance.now() - startedAt, finished, source.rows);
  return { summary, ok: failure === null && !tally.hasFailures, failure };

  /** What ends the replay also ends the waiting of all others. */
  function haltWith(error: unknown): never {
    halt.abort();
    throw error;
  }
}

function demoSource({ seed, limit }: ReplayOptions): Source {
  const responses = generateEvening({ seed, startMs: DEMO_START_MS });
  const endless = limit === Infinity;
  return {
    responses: endless ? responses : responses.take(limit),
    length: endless ? null : limit,
    rows: null,
  };
}

/** The whole log, since its rows are not in the order of time; only what is played of it is kept. */
async function fileSource(file: string, { fromMs, toMs, limit }: ReplayOptions): Promise<Source> {
  const responses: AmbulanceResponse[] = [];
  const skipped: Record<string, string[]> = {};
  let read = 0;
  let ambulanceResponses = 0;
  for await (const row of readCallLog(createReadStream(file))) {
    read += 1;
    if (row.kind === 'other-unit') continue;
    ambulanceResponses += 1;
    if (row.kind === 'skipped') (skipped[row.reason] ??= []).push(row.row);
    else if (row.response.times.received >= fromMs && row.response.times.received < toMs) {
      responses.push(row.response);
    }
  }
  const played = responses.sort((a, b) => a.times.received - b.times.received).slice(0, limit);
  return { responses: played, length: played.length, rows: { read, ambulanceResponses, skipped } };
}
