/** Adds the version that a dispatch had when a viewer began to follow it, which tells the events that come after. */
import type { Migration } from '../migration.ts';

export const followedSince: Migration = {
  name: '0002-followed-since',
  async up({ schema }) {
    // A dispatch that is already followed counts as followed from its first version on.
    await schema
      .alterTable('follows')
      .addColumn('version', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
  },
};
