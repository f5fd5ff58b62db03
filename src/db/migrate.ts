/** Brings a database to the newest schema. */
import { sql, type Kysely } from 'kysely';
import { systemClock } from '../lib/clock.ts';
import type { DatabaseKind } from './database.ts';
import { migrationLock, serviceLocks } from './locks.ts';
import type { Migration } from './migration.ts';
import { firstTables } from './migrations/0001-record.ts';
import { followedSince } from './migrations/0002-followed-since.ts';
import { msDespachoTables } from './migrations/0003-upstream-record.ts';
import { cursorsAndChanges } from './migrations/0004-cursors-and-changes.ts';
import { relayTurn } from './migrations/0005-relay-turn.ts';
import { byDate } from './migrations/0006-by-date.ts';
import { mutationKeys } from './migrations/0007-mutation-keys.ts';
import { positionsAndSpelling } from './migrations/0008-positions-and-spelling.ts';
import { receipts } from './migrations/0009-receipts.ts';
import { sessionEnds } from './migrations/0010-session-ends.ts';
import { callbacks } from './migrations/0011-callbacks.ts';
import { assignments } from './migrations/0012-assignments.ts';
import { alerts } from './migrations/0013-alerts.ts';
import { endedAssignments } from './migrations/0014-ended-assignments.ts';
import { storedDate } from './stored-date.ts';
import type { Tables } from './tables.ts';

const migrations: readonly Migration[] = [
  firstTables,
  followedSince,
  msDespachoTables,
  cursorsAndChanges,
  relayTurn,
  byDate,
  mutationKeys,
  positionsAndSpelling,
  receipts,
  sessionEnds,
  callbacks,
  assignments,
  alerts,
  endedAssignments,
];

/** The names of all steps, in their order. */
export const migrationNames: readonly string[] = migrations.map(({ name }) => name);

/**
 * Takes the steps that the database has not taken yet, all in one transaction. Processes that start together wait for each
 * other. Steps that a newer version has taken are left alone, so that a deploy can be rolled back.
 */
export async function migrate(query: Kysely<Tables>, kind: DatabaseKind): Promise<void> {
  await query.transaction().execute(async (transaction) => {
    if (kind === 'postgres') {
      await sql`select pg_advisory_xact_lock(${sql.lit(serviceLocks)}, ${sql.lit(migrationLock)})`.execute(
        transaction,
      );
    }
    await transaction.schema
      .createTable('schema_migrations')
      .ifNotExists()
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('at', 'text', (column) => column.notNull())
      .execute();
    const taken = await transaction.selectFrom('schema_migrations').select('name').execute();
    const names = new Set(taken.map((row) => row.name));
    for (const migration of migrations.filter(({ name }) => !names.has(name))) {
      await migration.up(transaction, kind);
      const at = storedDate(systemClock.now());
      await transaction.insertInto('schema_migrations').values({ name: migration.name, at }).execute();
    }
  });
}
