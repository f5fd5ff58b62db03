/** Runs the worlds of many seeds, and says meanwhile how far that is. */
import type { Clock } from '../../../src/lib/clock.ts';
import type { Lane } from './lanes.ts';
import type { Range } from './range.ts';
import { addUp, createTally, describeFailure, type Tally } from './tally.ts';

/** Seeds that a lane is given at a time. */
const rangeSize = 20;
/** How long until it says how far it is: at first, and then again and again, milliseconds. */
const progress = { firstMs: 1_000, everyMs: 10_000 };

export interface SeedsOptions extends Range {
  readonly bails: boolean;
  /** Aborted when no more worlds are to be begun. */
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly print: (line: string) => void;
}

export interface Ran {
  readonly tally: Tally;
  /** The first seed that was not run; null where all were, or one failed that ends it. */
  readonly next: number | null;
}

/** Rejects when a lane has ended with an error. */
export async function runSeeds(lanes: readonly Lane[], options: SeedsOptions): Promise<Ran> {
  const { from, count, bails, signal, clock, print } = options;
  const tally = createTally();
  const running = new Set<number>();
  const began = clock.elapsed();
  let printsAt = began + progress.firstMs;
  let next = from;
  const isOver = () => bails && tally.failures.length > 0;
  /** All before this one are done. */
  const doneBefore = () => Math.min(next, ...running);

  async function runIn(lane: Lane): Promise<void> {
    while (next < from + count && !signal.aborted && !isOver()) {
      const range = { from: next, count: Math.min(rangeSize, from + count - next) };
      next += range.count;
      running.add(range.from);
      const done = await lane.run(range);
      running.delete(range.from);
      addUp(tally, done);
      for (const failure of done.failures) print(describeFailure(failure));
      const now = clock.elapsed();
      if (now < printsAt) continue;
      printsAt = now + progress.everyMs;
      print(progressLine(tally, count, now - began, doneBefore()));
    }
  }

  await Promise.all(lanes.map(runIn));
  return { tally, next: next < from + count && !isOver() ? next : null };
}

const text = (number: number): string => number.toLocaleString('en-US');

export function progressLine(
  { seeds, failures }: Pick<Tally, 'seeds' | 'failures'>,
  count: number,
  ms: number,
  doneBefore: number,
): string {
  const perSecond = (1_000 * seeds) / ms;
  const minutes = Math.ceil((count - seeds) / perSecond / 60);
  const left = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return (
    `${text(seeds)} of ${text(count)} seeds, ${failures.length} failed, ` +
    `${text(Math.round(perSecond))} a second, ${left} left; all before --from ${doneBefore} are done`
  );
}
