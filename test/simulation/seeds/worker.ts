/** A thread that runs worlds: each message is a range of seeds, each answer what came of it. */
import { parentPort, workerData } from 'node:worker_threads';
import { createRunRange, type Range, type RangeOptions } from './range.ts';

const run = await createRunRange(workerData as RangeOptions);
parentPort!.on('message', (range: Range) => {
  void run(range).then((tally) => parentPort!.postMessage(tally));
});
