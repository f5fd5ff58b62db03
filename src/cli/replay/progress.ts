/** Shows the progress of a replay: a bar on a terminal, else a line now and then. */
import { SingleBar } from 'cli-progress';
import { createLocalTime } from './calls/local-time.ts';
import type { Tally } from './tally.ts';

export type ProgressStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

export interface Progress {
  /** Shows something that the user should know at once. */
  readonly notify: (message: string) => void;
  /** Called with the time in the log that has been reached. */
  reached(atMs: number): void;
  close(): void;
}

export interface ProgressOptions {
  readonly tally: Tally;
  /** The number of dispatches to replay; null for a demo without end. */
  readonly dispatches: number | null;
  readonly stream: ProgressStream;
}

const BAR_INTERVAL_MS = 200;
export const LINE_INTERVAL_MS = 5_000;

/** What all bars look like. */
export const barStyle = {
  barsize: 24,
  barCompleteChar: '█',
  barIncompleteChar: '░',
  hideCursor: true,
  gracefulExit: false,
  stopOnComplete: false,
};

/** Shows messages only. */
export function createQuietProgress(stream: ProgressStream): Progress {
  // The timer keeps the process alive: those that wait for the next step do not.
  const alive = setInterval(() => {}, LINE_INTERVAL_MS);
  return {
    notify: (message) => void stream.write(`${message}\n`),
    reached: () => {},
    close: () => clearInterval(alive),
  };
}

export function createProgress(options: ProgressOptions): Progress {
  return options.stream.isTTY ? createBar(options) : createLines(options);
}

function createBar({ tally, dispatches, stream }: ProgressOptions): Progress {
  const status = createStatus(tally);
  const bar = new SingleBar({
    ...{ ...barStyle, stream },
    format: dispatches === null ? '{status}' : '{bar} {percentage}% of {total} dispatches | {status}',
  });
  bar.start(dispatches ?? Number.MAX_SAFE_INTEGER, 0, { status: '' });
  const show = () => bar.update(tally.dispatchesEnded, { status: status.text() });
  const timer = setInterval(show, BAR_INTERVAL_MS);
  return {
    notify(message) {
      // The bar is drawn again below it.
      stream.write(`\r\x1b[K${message}\n`);
      show();
    },
    reached: status.reached,
    close() {
      clearInterval(timer);
      show();
      bar.stop();
    },
  };
}

function createLines({ tally, dispatches, stream }: ProgressOptions): Progress {
  const status = createStatus(tally);
  const timer = setInterval(() => {
    const ended =
      dispatches === null ? `${tally.dispatchesEnded}` : `${tally.dispatchesEnded} of ${dispatches}`;
    stream.write(`${ended} dispatches | ${status.text()}\n`);
  }, LINE_INTERVAL_MS);
  return {
    notify: (message) => void stream.write(`${message}\n`),
    reached: status.reached,
    close: () => clearInterval(timer),
  };
}

function createStatus(tally: Tally) {
  const { formatLogTime } = createLocalTime();
  let reachedMs: number | null = null;
  let before = { mutations: 0, at: performance.now() };
  return {
    reached: (atMs: number) => {
      reachedMs = Math.max(reachedMs ?? atMs, atMs);
    },
    text(): string {
      const now = { mutations: tally.mutations, at: performance.now() };
      const rate = ((now.mutations - before.mutations) / (now.at - before.at)) * 1000;
      before = now;
      return [
        ...(reachedMs === null ? [] : [formatLogTime(reachedMs)]),
        `${now.mutations.toLocaleString('en-US')} mutations`,
        `${rate.toFixed(0)}/s`,
        ...(tally.errorCount > 0 ? [`${tally.errorCount} errors`] : []),
      ].join(' | ');
    },
  };
}
