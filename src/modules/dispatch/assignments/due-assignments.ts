/** Which assignments are due to be escalated, by the clock of the database. */
import { sql } from 'kysely';
import type { Change } from '../../../db/change.ts';
import type { AssignmentRow } from '../../../db/tables/assignments.ts';

/**
 * The one that has been due for longest, locked with its dispatch until the change has ended; undefined where none is, or another
 * process is at all of them. `now`: as this process knows it. On PostgreSQL the database has to say the same, so that a process whose
 * clock is ahead is not early. `without`: ids of those that are passed over.
 */
export async function lockDue(
  { kind, query }: Change,
  now: string,
  without: readonly number[],
): Promise<AssignmentRow | undefined> {
  const due = query
    .selectFrom('assignments')
    .innerJoin('dispatches', 'dispatches.id', 'assignments.despacho_id')
    .selectAll('assignments')
    .where('assignments.due_at', '<=', now)
    .$if(without.length > 0, (some) => some.where('assignments.id', 'not in', without))
    .orderBy('assignments.due_at')
    .orderBy('assignments.id')
    .limit(1);
  if (kind === 'sqlite') return due.executeTakeFirst();
  // Never waits for a lock, so that it is in nobody's way who locks the dispatch first.
  return due
    .where('assignments.due_at', '<=', databaseNow)
    .forUpdate(['assignments', 'dispatches'])
    .skipLocked()
    .executeTakeFirst();
}

/** As dates are stored. */
const databaseNow = sql<string>`to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
