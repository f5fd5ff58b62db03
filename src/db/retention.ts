/** Deletes rows that are too old, a few at a time. */
import { setImmediate } from 'node:timers/promises';
import { sql, type RawBuilder } from 'kysely';
import type { Moment } from '../lib/clock.ts';
import type { Database } from './database.ts';
import { storedDate } from './stored-date.ts';

/** Tables whose rows are kept for a while, by the date `at`. */
export type DatedTable = 'alerts' | 'events' | 'locations' | 'messages' | 'receipts';

/** Of some tables those alone are deleted that nobody waits for any more. */
const isDone: Partial<Record<DatedTable, RawBuilder<unknown>>> = {
  alerts: sql`and cleared_at is not null`,
  events: sql`and relayed_at is not null`,
};

/** Rows that are deleted at a time. SQLite does one thing at a time, so all else waits for a batch. */
const batchSize = 500;

/**
 * Deletes the rows of before `beforeMs`, the oldest first: of events those that were relayed, of alerts those that were cleared. Rows
 * that are dated in the future, by a process whose clock was wrong, are in nobody's way. Resolves with the number of rows.
 */
export async function deleteOlder(database: Database, table: DatedTable, beforeMs: Moment): Promise<number> {
  const before = storedDate(beforeMs);
  for (let deleted = 0; ; await setImmediate()) {
    const count = await deleteBatch(database, table, before);
    deleted += count;
    if (count < batchSize) return deleted;
  }
}

async function deleteBatch({ query }: Database, table: DatedTable, before: string): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from ${sql.table(table)} where id in (
      select id from ${sql.table(table)}
      where at < ${before} ${isDone[table] ?? sql``}
      order by at limit ${batchSize}
    )`.execute(query);
  return Number(numAffectedRows);
}
