/** What is wrong with this process alone, so that another one serves better: its event loop, its descriptors. */
import { readdir, readFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** A process whose turns take so long, on average since it was last asked, is no use to anybody, milliseconds. */
const maxMeanTurnMs = 500;
/** Share of its descriptors that a process may use: each connection is one. */
const maxDescriptorShare = 0.95;
const nanosecondsPerMs = 1e6;

export interface OwnTrouble extends Disposable {
  /** Null when nothing is wrong. */
  find(): Promise<string | null>;
}

export function watchOwnTrouble(): OwnTrouble {
  const delays = monitorEventLoopDelay({ resolution: 20 });
  delays.enable();
  return {
    async find() {
      const meanMs = delays.mean / nanosecondsPerMs;
      delays.reset();
      if (meanMs > maxMeanTurnMs) return `turns of the event loop take ${Math.round(meanMs)} ms`;
      return findDescriptorTrouble();
    },
    [Symbol.dispose]: () => void delays.disable(),
  };
}

/** Where there is no /proc, nothing is known. */
async function findDescriptorTrouble(): Promise<string | null> {
  try {
    const [open, limits] = await Promise.all([
      readdir('/proc/self/fd'),
      readFile('/proc/self/limits', 'utf8'),
    ]);
    const [, max] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
    const isFull = max !== undefined && open.length >= maxDescriptorShare * Number(max);
    return isFull ? `${open.length} of ${max} descriptors are in use` : null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EMFILE' ? 'no descriptor is left' : null;
  }
}
