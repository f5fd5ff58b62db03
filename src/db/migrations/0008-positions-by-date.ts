/** Adds what orders positions by when they were measured, whenever they arrive, and tells the same one twice. */
import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const positionsByDate: Migration = {
  name: '0008-positions-by-date',
  async up(query, kind) {
    const sqlite = kind === 'sqlite';
    const date = sqlite ? sql`text` : sql`text collate "C"`;
    // Both are null in what processes of the release before this one still write.
    await query.schema.alterTable('locations').addColumn('is_dated', 'integer').execute();
    await query.schema.alterTable('locations').addColumn('upstream_at', date).execute();
    // An expression instead of a column: rows that are there need no change, and the table none that would lock it for long.
    const order = sqlite ? sql`min(recorded_at, at)` : sql`(least(recorded_at, at))`;
    await sql`create index locations_by_order on locations (despacho_id, ${order}, id)`.execute(query);
    await query.schema
      .createIndex('locations_by_recording')
      .on('locations')
      .columns(['despacho_id', 'recorded_at'])
      .execute();
    await query.schema
      .createTable('pending_positions')
      .addColumn('key', 'text', (column) => column.primaryKey().notNull())
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('despacho_id', sqlite ? sql`integer` : sql`bigint`, (column) => column.notNull())
      .addColumn('latitud', sqlite ? sql`real` : sql`double precision`, (column) => column.notNull())
      .addColumn('longitud', sqlite ? sql`real` : sql`double precision`, (column) => column.notNull())
      .addColumn('rumbo', sqlite ? sql`real` : sql`double precision`)
      .addColumn('recorded_at', date)
      .addColumn('actor_id', 'text', (column) => column.notNull())
      .addColumn('until', date, (column) => column.notNull())
      .execute();
    await query.schema
      .createIndex('pending_positions_by_dispatch')
      .on('pending_positions')
      .column('despacho_id')
      .execute();
  },
};
