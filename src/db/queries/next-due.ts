/** When the next thing is due of those that a table dates. */
import type { Database } from '../database.ts';

/** When the next one is due, or has been; null where none is. Reads one entry of an index. */
export async function nextDueIn(
  { query }: Pick<Database, 'query'>,
  table: 'assignments' | 'alert_watches',
): Promise<number | null> {
  const next = await query
    .selectFrom(table)
    .select('due_at')
    .where('due_at', 'is not', null)
    .orderBy('due_at')
    .limit(1)
    .executeTakeFirst();
  return next?.due_at == null ? null : Date.parse(next.due_at);
}
