/** Adds the keys of mutations, by which one that is sent again is recognised. */
import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const mutationKeys: Migration = {
  name: '0007-mutation-keys',
  async up({ schema }, kind) {
    // Compared by bytes, like all texts that are dates.
    const date = kind === 'sqlite' ? sql`text` : sql`text collate "C"`;
    await schema
      .createTable('mutation_keys')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('content', 'text', (column) => column.notNull())
      .addColumn('effect', 'text')
      .addColumn('until', date)
      .addColumn('expires_at', date, (column) => column.notNull())
      .execute();
    await schema.createIndex('mutation_keys_by_end').on('mutation_keys').column('expires_at').execute();
    await schema.alterTable('pending_changes').addColumn('mutation_key', 'text').execute();
  },
};
