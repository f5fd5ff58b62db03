/** When the next thing is due of those that a table dates. */
import type { Database } from '../database.ts';

const idColumns = { assignments: 'id', alert_watches: 'despacho_id' } as const;

/** When the next one is due, or has been; null where none is. Reads one entry of an index. `without`: ids that do not count. */
export async function nextDueIn(
  { query }: Pick<Database, 'query'>,
  table: keyof typeof idColumns,
  without: readonly number[] = [],
): Promise<number | null> {
  const next = await query
    .selectFrom(table)
    .select('due_at')
    .where('due_at', 'is not', null)
    .$if(without.length > 0, (some) => some.where(idColumns[table], 'not in', without))
    .orderBy('due_at')
    .limit(1)
    .executeTakeFirst();
  return next?.due_at == null ? null : Date.parse(next.due_at);
}
