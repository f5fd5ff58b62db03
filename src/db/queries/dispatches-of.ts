/** The rows of dispatches that are asked for by their ids, as each database is quickest to find them. */
import { sql } from 'kysely';
import type { Database } from '../database.ts';

/**
 * SQLite makes a table of the list behind `in` whenever a statement runs, with a page cache of its own, which takes longer than to read a
 * row or two. Of a list that stands among the tables it makes none, and walks along it.
 */
export const dispatchesOf = ({ kind, query }: Pick<Database, 'kind' | 'query'>, ids: readonly number[]) =>
  kind === 'sqlite'
    ? query
        .with('asked(id)', () => sql<{ id: number }>`(values ${sql.join(ids.map((id) => sql`(${id})`))})`)
        .selectFrom('asked')
        .innerJoin('dispatches', 'dispatches.id', 'asked.id')
        .selectAll('dispatches')
    : query.selectFrom('dispatches').selectAll().where('id', 'in', ids);
