/** Adds assignments: which ambulance was sent to a dispatch, what its crew has answered, and when that is due. */
import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const assignments: Migration = {
  name: '0012-assignments',
  async up({ schema }, kind) {
    const sqlite = kind === 'sqlite';
    const whole = sqlite ? sql`integer` : sql`bigint`;
    // Compared by bytes, like all texts that are dates.
    const date = sqlite ? sql`text` : sql`text collate "C"`;
    const table = schema.createTable('assignments');
    await (sqlite ? table.modifyEnd(sql`strict`) : table)
      .addColumn('id', whole, (column) =>
        sqlite ? column.primaryKey().autoIncrement() : column.generatedAlwaysAsIdentity().primaryKey(),
      )
      .addColumn('despacho_id', whole, (column) => column.notNull().references('dispatches.id'))
      .addColumn('ambulancia_id', 'text', (column) => column.notNull())
      .addColumn('ambulancia_placa', 'text')
      .addColumn('assigned_by', 'text')
      .addColumn('assigned_at', date, (column) => column.notNull())
      .addColumn('delivered_at', date)
      .addColumn('seen_at', date)
      .addColumn('answer', 'text', (column) => column.notNull())
      .addColumn('answered_at', date)
      .addColumn('answered_by', 'text')
      .addColumn('reason', 'text')
      .addColumn('deadline', date)
      .addColumn('level', 'integer', (column) => column.notNull())
      .addColumn('due_at', date)
      .addColumn('ended_at', date)
      .addColumn('revision', 'integer', (column) => column.notNull())
      .execute();
    await schema
      .createIndex('assignments_by_dispatch')
      .on('assignments')
      .columns(['despacho_id', 'id'])
      .execute();
    // One at a time, whatever a mistake of ours may do.
    await schema
      .createIndex('assignments_open')
      .unique()
      .on('assignments')
      .column('despacho_id')
      .where(sql.ref('ended_at'), 'is', null)
      .execute();
    await schema
      .createIndex('assignments_of_ambulance')
      .on('assignments')
      .columns(['ambulancia_id', 'id'])
      .where(sql.ref('ended_at'), 'is', null)
      .execute();
    await schema
      .createIndex('assignments_due')
      .on('assignments')
      .columns(['due_at', 'id'])
      .where(sql.ref('due_at'), 'is not', null)
      .execute();
  },
};
