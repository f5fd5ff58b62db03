/** Adds whose turn it is to relay events. In SQLite, which has one process, nobody else can have it. */
import { sql } from 'kysely';
import type { Migration } from '../migration.ts';

export const relayTurn: Migration = {
  name: '0005-relay-turn',
  async up(query, kind) {
    if (kind === 'sqlite') return;
    await query.schema
      .createTable('relay_turn')
      .addColumn('turn', 'bigint', (column) => column.notNull())
      .addColumn('until', 'timestamptz')
      .execute();
    await sql`insert into relay_turn (turn, until) values (0, null)`.execute(query);
  },
};
