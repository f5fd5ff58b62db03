/** Notices rows that are dated ahead of the database's clock, and says how much earlier they may have been written. */
import { msSince, shifted, type Clock } from '../../lib/clock.ts';
import type { Database } from '../database.ts';
import { storedDate } from '../stored-date.ts';

/** Clocks that agree are not more than so much apart, milliseconds. */
const toleranceMs = 1_000;
/** A row that is found to be ahead may have been written so long before, milliseconds: longer than between two looks. */
const unnoticedMs = 60_000;
/** What is further ahead is noticed one by one, when somebody comes with its date: it is one odd row, and not a clock that is off. */
const maxByMs = 24 * 60 * 60_000;

/** The names of what all processes share of it. */
const [untilName, byName] = ['dates_ahead_until', 'dates_ahead_by'];

/** Rows that are dated up to `until` may have been written `byMs` earlier than they say. */
interface Ahead {
  readonly until: number;
  readonly byMs: number;
}

/**
 * Rows are dated by one clock, and yet some may be ahead: those of a release that used the clocks of its processes, those
 * from before the clock was set back, those from before a failover to a server with another clock. Whoever comes
 * back with the date of such a row, and is to be shown what has changed since, would miss what was written after it and is dated
 * before it. So it is noticed, kept in the database for all processes, and cursors of such dates go back further.
 */
export class DatesAhead {
  readonly #database: Database;
  readonly #clock: Clock;
  #ahead: Ahead | null = null;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Looks whether the newest rows are ahead. Rejects as the database's queries do. */
  async look(): Promise<void> {
    const now = this.#clock.now();
    const newest = await newestDate(this.#database, storedDate(shifted(now, maxByMs)));
    const kept = await this.#read();
    const byMs = newest === null ? 0 : -msSince(newest, now);
    if (byMs > toleranceMs) await this.#keep({ until: newest!, byMs: Math.min(byMs + unnoticedMs, maxByMs) });
    else if (kept && msSince(kept.until, now) > maxByMs) await this.#forget();
    this.#ahead = await this.#read();
  }

  /**
   * The earliest time at which something with this date can have been written. Null when nobody can say that, since it is
   * ahead of everything that is known.
   */
  async earliestOf(date: number): Promise<number | null> {
    // Who wrote it may be ahead, and may have written it a moment ago.
    if (this.#isAhead(this.#back(date))) await this.look();
    const earliest = this.#back(date);
    return this.#isAhead(earliest) ? null : earliest;
  }

  #isAhead(date: number): boolean {
    return msSince(date, this.#clock.now()) < -toleranceMs;
  }

  #back(date: number): number {
    return this.#ahead && date <= this.#ahead.until ? date - this.#ahead.byMs : date;
  }

  async #read(): Promise<Ahead | null> {
    const rows = await this.#database.query
      .selectFrom('record_facts')
      .select(['name', 'value'])
      .where('name', 'in', [untilName, byName])
      .execute();
    const facts = new Map(rows.map(({ name, value }) => [name, value]));
    const [until, byMs] = [facts.get(untilName), facts.get(byName)];
    return until === undefined || byMs === undefined
      ? null
      : { until: Date.parse(until), byMs: Number(byMs) };
  }

  /** Processes that keep something at the same time keep the larger of both: both are compared as texts, which sort as they should. */
  async #keep({ until, byMs }: Ahead): Promise<void> {
    const digits = String(maxByMs).length;
    const values = [
      { name: untilName, value: storedDate(until) },
      { name: byName, value: String(byMs).padStart(digits, '0') },
    ];
    for (const { name, value } of values)
      await this.#database.query
        .insertInto('record_facts')
        .values({ name, value })
        .onConflict((conflict) =>
          conflict.column('name').doUpdateSet({ value }).where('record_facts.value', '<', value),
        )
        .execute();
  }

  async #forget(): Promise<void> {
    await this.#database.query.deleteFrom('record_facts').where('name', 'in', [untilName, byName]).execute();
  }
}

/** Of all that cursors may have the date of, up to a date; null when there is nothing. Each is the end of an index. */
async function newestDate({ query }: Database, upTo: string): Promise<number | null> {
  const newest = await Promise.all([
    query
      .selectFrom('dispatches')
      .select('fecha_actualizacion as at')
      .where('fecha_actualizacion', '<=', upTo)
      .orderBy('fecha_actualizacion', 'desc')
      .limit(1)
      .executeTakeFirst(),
    query
      .selectFrom('messages')
      .select('at')
      .where('at', '<=', upTo)
      .orderBy('at', 'desc')
      .limit(1)
      .executeTakeFirst(),
    query
      .selectFrom('events')
      .select('at')
      .where('at', '<=', upTo)
      .orderBy('at', 'desc')
      .limit(1)
      .executeTakeFirst(),
  ]);
  const dates = newest.flatMap((row) => (row ? [Date.parse(row.at)] : []));
  return dates.length === 0 ? null : Math.max(...dates);
}
