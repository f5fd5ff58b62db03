/** Adds what orders positions by when they were measured, and gives ids and names that are there the one spelling. */
import { sql, type Transaction } from 'kysely';
import { oneSpelling } from '../../lib/text/readable-text.ts';
import type { DatabaseKind } from '../database.ts';
import type { Migration } from '../migration.ts';
import type { Tables } from '../tables.ts';

export const positionsAndSpelling: Migration = {
  name: '0008-positions-and-spelling',
  async up(query, kind) {
    await orderPositions(query, kind);
    await spellAlike(query, kind);
  },
};

async function orderPositions(query: Transaction<Tables>, kind: DatabaseKind): Promise<void> {
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
    .addColumn('position', 'text', (column) => column.notNull())
    .addColumn('actor_id', 'text', (column) => column.notNull())
    .addColumn('until', date, (column) => column.notNull())
    .execute();
  await query.schema
    .createIndex('pending_positions_by_dispatch')
    .on('pending_positions')
    .column('despacho_id')
    .execute();
}

const names = [
  ['dispatches', 'ambulancia_id'],
  ['dispatches', 'ambulancia_placa'],
  ['users', 'name'],
  ['users', 'role'],
  ['messages', 'sender_id'],
  ['events', 'actor_id'],
  ['pending_changes', 'actor_id'],
  ['follows', 'viewer_id'],
  ['users', 'id'],
] as const;

/** Neither database can compare by spelling, so that each has one. Of two rows that become the same one stays. Exported for tests. */
export async function spellAlike(query: Transaction<Tables>, kind: DatabaseKind): Promise<void> {
  for (const [table, column] of names) {
    const [rows, name] = [sql.table(table), sql.ref(column)];
    const isAscii =
      kind === 'sqlite'
        ? sql`length(cast(${name} as blob)) = length(${name})`
        : sql`octet_length(${name}) = char_length(${name})`;
    const found = await sql<{ text: string }>`
      select distinct ${name} as text from ${rows} where ${name} is not null and not (${isAscii})`.execute(
      query,
    );
    for (const { text } of found.rows) {
      const spelled = oneSpelling(text);
      if (spelled === text) continue;
      if (table === 'follows')
        await sql`delete from follows where viewer_id = ${text}
          and despacho_id in (select despacho_id from follows where viewer_id = ${spelled})`.execute(query);
      if (table === 'users' && column === 'id')
        await sql`delete from users where id = ${text} and exists (select 1 from users where id = ${spelled})`.execute(
          query,
        );
      await sql`update ${rows} set ${name} = ${spelled} where ${name} = ${text}`.execute(query);
    }
  }
}
