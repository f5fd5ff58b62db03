/** Takes over dispatches that nobody looks after: from before there were alerts, from an older release, or from other limits. */
import { sql } from 'kysely';
import type { Database } from '../../db/database.ts';
import { activeEstados } from '../../lib/words/statuses.ts';
import type { AlertBook } from './alert-book.ts';

/** Rows of one statement: few enough that it ends in time, however busy the database is. */
const batchSize = 1_000;

type Query = Database['query'];

/**
 * Once in the life of a process: each is then looked at once. A status that the record does not date counts as old as the last change. Reads
 * each dispatch that has not ended.
 */
export async function adoptWatches(
  { query }: Pick<Database, 'query'>,
  { isOn, limitsName }: Pick<AlertBook, 'isOn' | 'limitsName'>,
  now: string,
): Promise<void> {
  await lookAnew(query, limitsName, now);
  if (!isOn) return;
  for (const estado of activeEstados)
    while ((await adoptSome(query, estado, { due_at: now, limits: limitsName })) === batchSize);
}

/** What was judged by other limits is due now. */
async function lookAnew(query: Query, limits: string, now: string): Promise<void> {
  for (let last = 0; ;) {
    const rows = await query
      .selectFrom('alert_watches')
      .select(['despacho_id', 'limits'])
      .where('despacho_id', '>', last)
      .orderBy('despacho_id')
      .limit(batchSize)
      .execute();
    const others = rows.filter((row) => row.limits !== limits).map(({ despacho_id: id }) => id);
    if (others.length > 0)
      await query
        .updateTable('alert_watches')
        .set({ due_at: now })
        .where('despacho_id', 'in', others)
        .execute();
    if (rows.length < batchSize) return;
    last = rows.at(-1)!.despacho_id;
  }
}

/** Resolves with how many there were, at most `batchSize`. */
async function adoptSome(
  query: Query,
  estado: string,
  watch: { readonly due_at: string; readonly limits: string },
): Promise<number> {
  const rows = await query
    .selectFrom('dispatches')
    .select(({ ref }) => [
      'id as despacho_id',
      sql<string>`case when ${ref('estado')} = 'PENDIENTE' and ${ref('fecha_asignacion')} is null
        then ${ref('fecha_solicitud')} when ${ref('estado')} = 'EN_SITIO'
        then coalesce(${ref('fecha_llegada')}, ${ref('fecha_actualizacion')})
        else ${ref('fecha_actualizacion')} end`.as('since'),
    ])
    .where('estado', '=', estado)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('alert_watches')
            .select('alert_watches.despacho_id')
            .whereRef('alert_watches.despacho_id', '=', 'dispatches.id'),
        ),
      ),
    )
    .limit(batchSize)
    .execute();
  if (rows.length > 0)
    await query
      .insertInto('alert_watches')
      .values(rows.map((row) => ({ ...row, ...watch, estado })))
      .onConflict((conflict) => conflict.column('despacho_id').doNothing())
      .execute();
  return rows.length;
}
