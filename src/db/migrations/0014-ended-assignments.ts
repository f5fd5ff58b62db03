/** Finds what an ambulance is no longer sent to, by date: a crew that comes back is told. */
import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const endedAssignments: Migration = {
  name: '0014-ended-assignments',
  async up({ schema }) {
    await schema
      .createIndex('assignments_ended')
      .on('assignments')
      .columns(['ambulancia_id', 'ended_at'])
      .where(sql.ref('ended_at'), 'is not', null)
      .execute();
  },
};
