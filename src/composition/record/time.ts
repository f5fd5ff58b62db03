/** What time it is for all processes together, and how far the clock of this one is from that. */
import type { Database } from '../../db/database.ts';
import { DatesAhead } from '../../db/time/dates-ahead.ts';
import { RecordClock } from '../../db/time/record-clock.ts';
import { msSince } from '../../lib/clock.ts';
import { repeat } from '../../lib/repeat.ts';
import { Unavailable } from '../../lib/unavailable.ts';
import type { AppContext } from '../app-context.ts';
import type { Stores } from '../stores.ts';
import { whenReachable } from '../wait-at-start.ts';

export interface SharedTime {
  /** By which everything is dated that processes share. */
  readonly clock: RecordClock;
  readonly datesAhead: DatesAhead;
  /** How far the clock of this process is ahead, by whose it is compared with, milliseconds. */
  readonly skews: () => Readonly<Record<string, number>>;
}

const lookEveryMs = 10_000;
/** Above this tokens, leases and what people see of times may be wrong. The alert has the same bound. */
const maxSkewMs = 2_000;

/** Resolves when the database's time is known, before anything is written. */
export async function openTime(
  context: AppContext,
  database: Database,
  { readTime }: Pick<Stores, 'readTime'>,
): Promise<SharedTime> {
  const { parts, log, clock: own } = context;
  const clock = new RecordClock({ database, clock: own });
  const datesAhead = new DatesAhead(database, clock);
  const skews = new Skews(context);
  const ofDatabase = async () => {
    await clock.measure();
    if (clock.skewMs !== null) skews.note('database', clock.skewMs);
    await datesAhead.look();
  };
  const ofRedis = async () => {
    const askedAt = own.elapsed();
    const time = await readTime!();
    const doubtMs = (own.elapsed() - askedAt) / 2;
    // Who answers late says little of what time it is.
    if (doubtMs < maxSkewMs / 2) skews.note('redis', msSince(time, own.now()) - doubtMs);
  };
  const keepLooking = (whose: string, run: () => Promise<void>, firstMs = lookEveryMs) => {
    // What is away is said by whoever needs it.
    const onError = (err: unknown) =>
      log[err instanceof Unavailable ? 'debug' : 'error']({ err }, `the time of ${whose} could not be read`);
    parts.add(`the time of ${whose}`, repeat({ clock: own, everyMs: lookEveryMs, firstMs, run, onError }));
  };
  await whenReachable(context, ofDatabase);
  keepLooking('the database', ofDatabase);
  if (readTime) keepLooking('Redis', ofRedis, 0);
  return { clock, datesAhead, skews: () => skews.all };
}

class Skews {
  readonly #context: AppContext;
  readonly #skews = new Map<string, number>();

  constructor(context: AppContext) {
    this.#context = context;
  }

  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#skews);
  }

  note(against: string, aheadMs: number): void {
    const { metrics, log } = this.#context;
    const wasApart = this.#isApart(against);
    this.#skews.set(against, Math.round(aheadMs));
    metrics.clockSkew.set({ against }, aheadMs / 1_000);
    if (this.#isApart(against) === wasApart) return;
    if (wasApart) log.info({ against, aheadMs }, 'the clock of this machine is right again');
    else
      log.warn(
        { against, aheadMs },
        'the clock of this machine differs from that of others: look at its NTP',
      );
  }

  #isApart(against: string): boolean {
    return Math.abs(this.#skews.get(against) ?? 0) > maxSkewMs;
  }
}
