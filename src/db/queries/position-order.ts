/** What positions of a dispatch are ordered by. */
import { sql, type RawBuilder } from 'kysely';
import type { DatabaseKind } from '../database.ts';

/**
 * Dated later than it arrived, a position counts as of its arrival. The index `locations_by_order` has the same expression; it is
 * written here with the names of tables, which neither database minds.
 */
export const orderOf = (kind: DatabaseKind, table: string): RawBuilder<string> => {
  const [recordedAt, at] = [sql.ref(`${table}.recorded_at`), sql.ref(`${table}.at`)];
  return kind === 'sqlite' ? sql`min(${recordedAt}, ${at})` : sql`least(${recordedAt}, ${at})`;
};
