/** Runs a whole replay, from reading the calls to the summary. */
import { systemClock } from '../../lib/clock.ts';
import { planDispatches } from './calls/timeline.ts';
import { createGraphqlClient, type GraphqlClient } from './client/graphql-client.ts';
import { demoSource, fileSource, type Source } from './log-source.ts';
import type { ReplayOptions } from './options.ts';
import { createProgress, createQuietProgress, type Progress, type ProgressStream } from './progress.ts';
import { createReadingProgress, noReadingProgress } from './reading-progress.ts';
import { explainNothing } from './row-tally.ts';
import { play } from './schedule.ts';
import { ReplayError } from './client/outage.ts';
import { Sender } from './client/sender.ts';
import { Tally, type Summary } from './tally.ts';
import { createTokenSource } from './client/token-source.ts';

export interface ReplayResult {
  readonly summary: Summary;
  /** Nothing failed, up to the point where it ended. */
  readonly ok: boolean;
  /** Why the replay ended early; null when it did not, or when the user stopped it. */
  readonly failure: string | null;
}

const REQUEST_TIMEOUT_MS = 30_000;

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
  using source = await openSource(options, signal, stream);
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
  const isEmpty = source.rows !== null && source.length === 0 && !signal.aborted;
  let failure = isEmpty ? explainNothing(source.rows) : null;
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
  const { client, tally, progress, patienceMs, keep } = options;
  const halt = new AbortController();
  const signal = AbortSignal.any([options.signal, halt.signal]);
  // An error that ends the replay must also end the waiting of all other steps.
  const end = (error: unknown): never => {
    halt.abort();
    throw error;
  };
  const waiting = { clock: systemClock, signal, patienceMs, notify: progress.notify };
  const sender = new Sender({ client, tally, ...waiting });
  await play({
    plans: planDispatches(responses, options),
    open(plan) {
      const session = sender.begin(plan);
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
  if (!options.signal.aborted || sender.openDispatches === 0) return;
  if (!keep) progress.notify('Cancels what has not ended; Ctrl-C again leaves it as it is.');
  await sender.cleanUp({ keep, concurrency: options.concurrency });
}

async function openSource(
  options: ReplayOptions,
  signal: AbortSignal,
  stream: ProgressStream,
): Promise<Source> {
  if (options.file === null) return demoSource(options);
  const progress = options.output === 'progress' ? createReadingProgress(stream) : noReadingProgress;
  try {
    return await fileSource(options.file, options, { signal, progress });
  } finally {
    progress.close();
  }
}
