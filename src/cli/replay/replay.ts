/** Runs a whole replay, from reading the calls to the summary. */
import { createReadStream } from 'node:fs';
import { systemClock } from '../../lib/clock.ts';
import type { AmbulanceResponse } from './calls/ambulance-response.ts';
import { readCallLog } from './calls/call-log.ts';
import { generateEvening } from './calls/demo.ts';
import { createGraphqlClient, type GraphqlClient } from './client/graphql-client.ts';
import type { ReplayOptions } from './options.ts';
import { createProgress, createQuietProgress, type Progress, type ProgressStream } from './progress.ts';
import { play } from './schedule.ts';
import { ReplayError } from './client/outage.ts';
import { createSender } from './client/sender.ts';
import { explainNothing, Tally, type RowCounts, type Summary } from './tally.ts';
import { planDispatches } from './calls/timeline.ts';
import { createTokenSource } from './client/token-source.ts';

export interface ReplayResult {
  readonly summary: Summary;
  /** Nothing failed, up to the point where it ended. */
  readonly ok: boolean;
  /** Why the replay ended early; null when it did not, or when the user stopped it. */
  readonly failure: string | null;
}

interface Source {
  readonly responses: Iterable<AmbulanceResponse>;
  /** Null for a demo without end. */
  readonly length: number | null;
  readonly rows: RowCounts | null;
}

const REQUEST_TIMEOUT_MS = 30_000;
/** Kinds of other units that are named. */
const maxUnitTypes = 5;
/** Friday, 18:00 in San Francisco. */
const DEMO_START_MS = Date.UTC(2026, 0, 10, 2);

/**
 * Replays until the end, or until the signal is aborted.
 *
 * @param stream where progress and messages are shown
 * @throws CallLogError, ReplayError when the replay cannot begin
 */
export async function replay(
  options: ReplayOptions,
  signal: AbortSignal,
  stream: ProgressStream,
): Promise<ReplayResult> {
  const token = createTokenSource(options.token, systemClock);
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
  let failure = source.rows && source.length === 0 ? explainNothing(source.rows) : null;
  try {
    await playSource(source, { ...options, client, tally, progress, signal });
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
}

interface PlaySourceOptions extends ReplayOptions {
  readonly client: GraphqlClient;
  readonly tally: Tally;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

async function playSource({ responses }: Source, options: PlaySourceOptions): Promise<void> {
  const { client, tally, progress, patienceMs } = options;
  const halt = new AbortController();
  const signal = AbortSignal.any([options.signal, halt.signal]);
  // An error that ends the replay must also end the waiting of all other steps.
  const end = (error: unknown): never => {
    halt.abort();
    throw error;
  };
  const waiting = { clock: systemClock, signal, patienceMs, notify: progress.notify };
  const open = createSender({ client, tally, ...waiting });
  await play({
    plans: planDispatches(responses, options),
    open(plan) {
      const session = open(plan);
      return { send: (step) => session.send(step).catch(end) };
    },
    speed: options.speed,
    concurrency: options.concurrency,
    clock: systemClock,
    signal,
    onStep(atMs, lateMs) {
      progress.reached(atMs);
      tally.late(lateMs);
    },
    onDispatchEnd(complete) {
      // A dispatch that was cut off by the end of the replay does not count as given up.
      if (complete || !signal.aborted) tally.dispatchEnded(complete);
    },
  });
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

/** Reads the whole log, because its rows are not in order of time; keeps only the responses that will be replayed. */
async function fileSource(file: string, { fromMs, toMs, limit }: ReplayOptions): Promise<Source> {
  const responses: AmbulanceResponse[] = [];
  const skipped: Record<string, string[]> = {};
  let read = 0;
  let ambulanceResponses = 0;
  let atOtherTimes = 0;
  const otherUnitTypes = new Set<string>();
  for await (const row of readCallLog(createReadStream(file))) {
    read += 1;
    if (row.kind === 'other-unit') {
      if (otherUnitTypes.size < maxUnitTypes) otherUnitTypes.add(row.unitType);
      continue;
    }
    ambulanceResponses += 1;
    if (row.kind === 'skipped') (skipped[row.reason] ??= []).push(row.row);
    else if (row.response.times.received >= fromMs && row.response.times.received < toMs) {
      responses.push(row.response);
    } else atOtherTimes += 1;
  }
  const played = responses.sort((a, b) => a.times.received - b.times.received).slice(0, limit);
  return {
    responses: played,
    length: played.length,
    rows: { read, ambulanceResponses, skipped, atOtherTimes, otherUnitTypes },
  };
}
