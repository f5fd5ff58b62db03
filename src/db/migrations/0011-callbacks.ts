/** Adds subscriptions by callback, which a single process goes on with when it starts again. */
import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const callbacks: Migration = {
  name: '0011-callbacks',
  async up({ schema }, kind) {
    const table = schema.createTable('callbacks');
    await (kind === 'sqlite' ? table.modifyEnd(sql`strict`) : table)
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('generation', 'text', (column) => column.notNull())
      .addColumn('data', 'text', (column) => column.notNull())
      .addColumn('position', 'text')
      .execute();
    await schema.createIndex('callbacks_by_generation').on('callbacks').column('generation').execute();
  },
};
