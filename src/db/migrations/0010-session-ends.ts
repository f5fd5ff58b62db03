/** Adds whose sessions were ended, and to each event what of it is not for everybody who may read the audit trail. */
import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const sessionEnds: Migration = {
  name: '0010-session-ends',
  async up({ schema }, kind) {
    const sqlite = kind === 'sqlite';
    // Compared by bytes, like all texts that are dates.
    const date = sqlite ? sql`text` : sql`text collate "C"`;
    const table = schema.createTable('session_ends');
    await (sqlite ? table.modifyEnd(sql`strict`) : table)
      .addColumn('viewer_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('ended_at', date)
      .addColumn('until', date, (column) => column.notNull())
      .addColumn('changed_at', date, (column) => column.notNull())
      .execute();
    await schema.createIndex('session_ends_by_change').on('session_ends').column('changed_at').execute();
    await schema.createIndex('session_ends_by_end').on('session_ends').column('until').execute();
    // Not in the payload, which processes of the release before this one show to whoever may read the event.
    await schema.alterTable('events').addColumn('confidential', 'text').execute();
  },
};
