/** Runs the worlds of seeds that follow each other, one after the other. */
import { kindOf, type Kind } from '../faults.ts';
import { worldWith } from '../mistakes/make.ts';
import { World } from '../world.ts';
import { count, createTally, type Tally } from './tally.ts';

export interface Range {
  readonly from: number;
  readonly count: number;
}

/** What is the same for all worlds of a run. Plain data: it is handed to other threads. */
export interface RangeOptions {
  /** Steps with faults, of each world. */
  readonly steps: number;
  /** Null: each seed has one of the kinds in turn. */
  readonly kind: Kind | null;
  /** The mistake that the service has; null for none. */
  readonly mistake: string | null;
  /** Whether to end with the first world that fails. */
  readonly bails: boolean;
  /** Whether to print every step. */
  readonly prints: boolean;
}

export type RunRange = (range: Range) => Promise<Tally>;

export async function createRunRange(options: RangeOptions): Promise<RunRange> {
  const { steps, kind, mistake, bails, prints } = options;
  const Simulated = mistake === null ? World : await worldWith(mistake);
  let running = 0;
  // What nobody has foreseen ends the process, and says where to look.
  process.on('uncaughtExceptionMonitor', () => console.error(`while seed ${running} ran:`));
  return async (range) => {
    const tally = createTally();
    for (running = range.from; running < range.from + range.count; running += 1) {
      const outcome = await Simulated.run(running, {
        ...(kind ?? kindOf(running)),
        steps,
        keepsTrace: prints,
      });
      if (prints) console.log(outcome.trace.join('\n'));
      count(tally, running, outcome);
      if (bails && tally.failures.length > 0) break;
    }
    return tally;
  };
}
