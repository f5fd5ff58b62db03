/** Adds alerts, and when each dispatch is to be looked at next. */
import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const alerts: Migration = {
  name: '0013-alerts',
  async up({ schema }, kind) {
    const sqlite = kind === 'sqlite';
    const whole = sqlite ? sql`integer` : sql`bigint`;
    // Compared by bytes, like all texts that are dates.
    const date = sqlite ? sql`text` : sql`text collate "C"`;
    const strict = sqlite ? sql`strict` : sql``;
    await schema
      .createTable('alerts')
      .modifyEnd(strict)
      .addColumn('id', whole, (column) =>
        sqlite ? column.primaryKey().autoIncrement() : column.generatedAlwaysAsIdentity().primaryKey(),
      )
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('despacho_id', whole, (column) => column.notNull().references('dispatches.id'))
      .addColumn('ambulancia_id', 'text')
      .addColumn('estado', 'text', (column) => column.notNull())
      .addColumn('prioridad', 'text', (column) => column.notNull())
      .addColumn('assignment_id', whole)
      .addColumn('since', date, (column) => column.notNull())
      .addColumn('limit_at', date, (column) => column.notNull())
      .addColumn('raised_at', date, (column) => column.notNull())
      .addColumn('cleared_at', date)
      .addColumn('acknowledged_at', date)
      .addColumn('acknowledged_by', 'text')
      .addColumn('at', date, (column) => column.notNull())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .execute();
    // One of a kind at a time, whatever a mistake of ours may do.
    await schema
      .createIndex('alerts_open')
      .unique()
      .on('alerts')
      .columns(['despacho_id', 'kind'])
      .where(sql.ref('cleared_at'), 'is', null)
      .execute();
    await schema
      .createIndex('alerts_open_by_id')
      .on('alerts')
      .column('id')
      .where(sql.ref('cleared_at'), 'is', null)
      .execute();
    await schema.createIndex('alerts_by_dispatch').on('alerts').columns(['despacho_id', 'id']).execute();
    await schema.createIndex('alerts_by_at').on('alerts').column('at').execute();
    await schema
      .createTable('alert_watches')
      .modifyEnd(strict)
      .addColumn('despacho_id', whole, (column) => column.primaryKey().references('dispatches.id'))
      .addColumn('estado', 'text', (column) => column.notNull())
      .addColumn('since', date, (column) => column.notNull())
      .addColumn('due_at', date)
      .addColumn('limits', 'text', (column) => column.notNull())
      .execute();
    await schema
      .createIndex('alert_watches_due')
      .on('alert_watches')
      .columns(['due_at', 'despacho_id'])
      .where(sql.ref('due_at'), 'is not', null)
      .execute();
  },
};
