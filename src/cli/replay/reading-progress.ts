/** Shows how far a call log was read: a bar on a terminal, else a line now and then. */
import { SingleBar } from 'cli-progress';
import { count } from './count.ts';
import { barStyle, LINE_INTERVAL_MS, type ProgressStream } from './progress.ts';

export interface ReadingProgress {
  /** Called after each row. `share`: how much of the file was read, from 0 to 1; null where nobody knows. */
  reached(rows: number, share: number | null): void;
  close(): void;
}

export const noReadingProgress: ReadingProgress = { reached: () => {}, close: () => {} };

/** Whoever waits for less sees nothing of it, milliseconds. */
const silentMs = 500;
const barIntervalMs = 200;

export function createReadingProgress(stream: ProgressStream): ReadingProgress {
  const show = stream.isTTY ? barOn(stream) : lineOn(stream);
  const intervalMs = stream.isTTY ? barIntervalMs : LINE_INTERVAL_MS;
  let nextAt = performance.now() + (stream.isTTY ? silentMs : intervalMs);
  return {
    reached(rows, share) {
      const now = performance.now();
      if (now < nextAt) return;
      nextAt = now + intervalMs;
      show.reached(count(rows, 'row'), share === null ? null : Math.round(share * 100));
    },
    close: show.close,
  };
}

function barOn(stream: ProgressStream) {
  let bar: SingleBar | null = null;
  return {
    reached(rows: string, percentage: number | null) {
      if (!bar) {
        const share = percentage === null ? '' : '{bar} {percentage}% of the file | ';
        bar = new SingleBar({ ...{ ...barStyle, stream }, format: `reading ${share}{rows}` });
        bar.start(100, 0, { rows: '' });
      }
      bar.update(percentage ?? 0, { rows });
    },
    close: () => bar?.stop(),
  };
}

const lineOn = (stream: ProgressStream) => ({
  reached: (rows: string, percentage: number | null) =>
    void stream.write(`reading: ${percentage === null ? '' : `${percentage}% of the file | `}${rows}\n`),
  close: () => {},
});
