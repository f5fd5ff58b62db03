/** Which assignments are due to be escalated, by the clock of the database. */
import { sql } from 'kysely';
import type { Change } from '../../../db/change.ts';
import type { AssignmentRow } from '../../../db/tables/assignments.ts';
import type { WhichDue } from '../../../lib/due-work.ts';

/** Taken together: so many wait for each other's commit. */
export const maxTaken = 50;

/**
 * Those that have been due for longest, locked with their dispatches until the change has ended; none where another process is at all of
 * them. `now`: as this process knows it. On PostgreSQL the database has to say the same, so that a process whose clock is ahead is not
 * early.
 */
export function lockDue(
  { kind, query }: Change,
  now: string,
  { only, without }: WhichDue,
): Promise<AssignmentRow[]> {
  const due = query
    .selectFrom('assignments')
    .innerJoin('dispatches', 'dispatches.id', 'assignments.despacho_id')
    .selectAll('assignments')
    .where('assignments.due_at', '<=', now)
    .$if(only !== null, (some) => some.where('assignments.id', '=', only))
    .$if(without.length > 0, (some) => some.where('assignments.id', 'not in', without))
    .orderBy('assignments.due_at')
    .orderBy('assignments.id')
    .limit(maxTaken);
  if (kind === 'sqlite') return due.execute();
  // Never waits for a lock, so that it is in nobody's way who locks the dispatch first.
  return due
    .where('assignments.due_at', '<=', databaseNow)
    .forUpdate(['assignments', 'dispatches'])
    .skipLocked()
    .execute();
}

/** As dates are stored. */
const databaseNow = sql<string>`to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
