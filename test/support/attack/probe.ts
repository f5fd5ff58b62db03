/**
 * Loaded into a server beside the product (`node --import`): measures how long each turn of its event loop takes, in the CPU
 * time of its own thread, so that waiting for a processor on a busy machine does not count.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export type Question = 'reset' | 'measure' | 'collect';

export interface Asked {
  readonly number: number;
  readonly question: Question;
}

export interface Measured {
  readonly number: number;
  /** Since the last `reset`, milliseconds of CPU time. */
  readonly longestTurnMs: number;
  /** What JavaScript holds at the moment, buffers included, bytes. After `collect`: nothing of it is garbage. */
  readonly heldBytes: number;
}

/** Much longer than a turn of a server with little to do, much shorter than one that matters. */
const lookMs = 5;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let longestTurnMs = 0;
let before = process.threadCpuUsage();

/** Timers run once in a turn: what was used since the last one was used by one turn, and at most `lookMs` of others. */
function look(): void {
  const { user, system } = process.threadCpuUsage(before);
  before = process.threadCpuUsage();
  longestTurnMs = Math.max(longestTurnMs, (user + system) / 1_000);
}

function answer({ number, question }: Asked): void {
  look();
  if (question === 'collect') {
    // What is waited for by finalizers of the first run is garbage to the second.
    collectGarbage();
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  const measured: Measured = { number, longestTurnMs, heldBytes: heapUsed + external };
  process.send?.(measured);
  if (question === 'measure') return;
  // The probe's own work is none of the server's.
  before = process.threadCpuUsage();
  if (question === 'reset') longestTurnMs = 0;
}

setInterval(look, lookMs).unref();
process.on('message', answer);
process.channel?.unref();
