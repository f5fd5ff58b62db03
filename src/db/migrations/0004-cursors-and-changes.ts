/** Adds the keys of cursors, and the indexes by which lists with two filters, and what has changed, are read. */
import { sql } from 'kysely';
import { systemClock } from '../../lib/clock.ts';
import type { Migration } from '../migration.ts';
import { storedDate } from '../stored-date.ts';

export const cursorsAndChanges: Migration = {
  name: '0004-cursors-and-changes',
  async up(query, kind) {
    const date = kind === 'sqlite' ? sql`text` : sql`text collate "C"`;
    await query.schema
      .createTable('cursor_keys')
      .addColumn('number', 'integer', (column) => column.primaryKey().notNull())
      .addColumn('secret', 'text', (column) => column.notNull())
      .addColumn('at', date, (column) => column.notNull())
      .execute();
    await query.schema
      .createIndex('dispatches_by_both')
      .on('dispatches')
      .columns(['estado', 'prioridad', 'fecha_solicitud', 'id'])
      .execute();
    // Where there are events already, clients may hold cursors of a release that signed none.
    const known = await query.selectFrom('events').select('id').limit(1).executeTakeFirst();
    if (!known) return;
    const value = storedDate(systemClock.now());
    await query.insertInto('record_facts').values({ name: 'cursors_signed_since', value }).execute();
  },
};
