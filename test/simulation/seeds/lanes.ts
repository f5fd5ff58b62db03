/** Where worlds run beside each other: in this thread, or each in one of its own. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createRunRange, type RangeOptions, type RunRange } from './range.ts';
import type { Tally } from './tally.ts';

/** Runs one range at a time. */
export interface Lane {
  readonly run: RunRange;
  close(): Promise<unknown>;
}

export async function createLanes(count: number, options: RangeOptions): Promise<readonly Lane[]> {
  if (count > 1) return Array.from({ length: count }, () => threadLane(options));
  return [{ run: await createRunRange(options), close: () => Promise.resolve() }];
}

function threadLane(options: RangeOptions): Lane {
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: options });
  return {
    async run(range) {
      worker.postMessage(range);
      // Rejects when the thread ends with an error.
      const [tally] = (await once(worker, 'message')) as [Tally];
      return tally;
    },
    close: () => worker.terminate(),
  };
}
