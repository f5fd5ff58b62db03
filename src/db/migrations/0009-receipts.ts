/** Adds receipts, and to each event where it stands in its topics, by which receipts find it. */
import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const receipts: Migration = {
  name: '0009-receipts',
  async up({ schema }, kind) {
    const sqlite = kind === 'sqlite';
    const whole = sqlite ? sql`integer` : sql`bigint`;
    const date = sqlite ? sql`text` : sql`text collate "C"`;
    // Null in what processes of the release before this one relay.
    await schema.alterTable('events').addColumn('positions', 'text').execute();
    const table = schema.createTable('receipts');
    await (sqlite ? table.modifyEnd(sql`strict`) : table)
      .addColumn('id', whole, (column) =>
        sqlite ? column.primaryKey().autoIncrement() : column.generatedAlwaysAsIdentity().primaryKey(),
      )
      .addColumn('topic', 'text', (column) => column.notNull())
      .addColumn('epoch', 'text', (column) => column.notNull())
      .addColumn('block', whole, (column) => column.notNull())
      .addColumn('from_offset', whole, (column) => column.notNull())
      .addColumn('to_offset', whole, (column) => column.notNull())
      .addColumn('stream', 'text', (column) => column.notNull())
      .addColumn('transport', 'text', (column) => column.notNull())
      .addColumn('acknowledged_by', 'text', (column) => column.notNull())
      .addColumn('at', date, (column) => column.notNull())
      .addColumn('entries', 'text', (column) => column.notNull())
      .execute();
    await schema
      .createIndex('receipts_by_block')
      .on('receipts')
      .columns(['topic', 'epoch', 'block'])
      .execute();
    await schema.createIndex('receipts_by_time').on('receipts').column('at').execute();
  },
};
