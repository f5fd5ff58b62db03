/** Copies all rows of an embedded database into an empty PostgreSQL, in one transaction. */
import { sql, type Kysely, type Transaction } from 'kysely';
import type { Tables } from '../tables.ts';

/** All but what each database says of itself. Rows come after those that they refer to. */
export const movedTables = [
  'record_facts',
  'cursor_keys',
  'users',
  'dispatches',
  'assignments',
  'alerts',
  'alert_watches',
  'follows',
  'locations',
  'messages',
  'events',
  'receipts',
  'mutation_keys',
  'session_ends',
  'pending_changes',
  'pending_positions',
  'callbacks',
] as const satisfies readonly Exclude<keyof Tables, 'schema_migrations'>[];

export type MovedTable = (typeof movedTables)[number];

/** The databases are not what is expected of them. The message is meant for the user. */
export class MoveRefused extends Error {}

const rowsAtOnce = 500;

/** `onTable`: told how many rows a table has when they have arrived. @throws MoveRefused, and then nothing was copied */
export async function moveRows(
  from: Kysely<Tables>,
  to: Kysely<Tables>,
  onTable: (table: MovedTable, rows: number) => void,
): Promise<void> {
  await to.transaction().execute(async (target) => {
    for (const table of movedTables)
      if ((await countOf(target, table)) > 0)
        throw new MoveRefused(`The PostgreSQL has rows in ${table} already: it must be empty.`);
    for (const table of movedTables) {
      await moveTable(from, target, table);
      const [there, here] = [await countOf(from, table), await countOf(target, table)];
      if (there !== here) throw new MoveRefused(`Of ${there} rows in ${table}, ${here} have arrived.`);
      await goOnCounting(from, target, table);
      onTable(table, here);
    }
  });
}

async function moveTable(from: Kysely<Tables>, to: Transaction<Tables>, table: MovedTable): Promise<void> {
  for (let last = 0; ;) {
    const { rows } = await sql<Record<string, unknown> & { readonly moved_row: number }>`
      select rowid as moved_row, * from ${sql.table(table)} where rowid > ${last} order by rowid limit ${sql.lit(rowsAtOnce)}
    `.execute(from);
    const [first] = rows;
    if (!first) return;
    const columns = Object.keys(first).filter((name) => name !== 'moved_row');
    const list = sql.join(columns.map((name) => sql.ref(name)));
    await sql`
      insert into ${sql.table(table)} (${list}) overriding system value
      select ${list} from json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(rows)}::json)
    `.execute(to);
    last = rows.at(-1)!.moved_row;
  }
}

async function countOf(query: Kysely<Tables>, table: MovedTable): Promise<number> {
  const { rows } = await sql<{
    count: number | string;
  }>`select count(*) as count from ${sql.table(table)}`.execute(query);
  return Number(rows[0]!.count);
}

/** No id is given twice, not even after its row was deleted. */
async function goOnCounting(from: Kysely<Tables>, to: Transaction<Tables>, table: MovedTable): Promise<void> {
  const { rows } = await sql<{ seq: number }>`select seq from sqlite_sequence where name = ${table}`.execute(
    from,
  );
  const [given] = rows;
  if (!given) return;
  await sql`select setval(pg_get_serial_sequence(${table}, 'id'), ${given.seq})`.execute(to);
}
