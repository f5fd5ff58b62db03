/** How ids of the API become row ids, and rows are read by them. */

/**
 * The row id that an id of the API names; undefined when it cannot name one. Only the canonical form counts (no sign, no
 * leading zero), so that a dispatch has one topic. Numbers past 2^53 have no row.
 */
export function readRowId(id: string): number | undefined {
  if (!/^[1-9]\d{0,15}$/.test(id)) return undefined;
  const rowId = Number(id);
  return Number.isSafeInteger(rowId) ? rowId : undefined;
}

/** The row ids that ids of the API name, each once. */
export function readRowIds(ids: readonly string[]): number[] {
  const rowIds = new Set<number>();
  for (const id of ids) {
    const rowId = readRowId(id);
    if (rowId !== undefined) rowIds.add(rowId);
  }
  return [...rowIds];
}

/** Below what both databases allow as parameters of one statement (SQLite 32,766, PostgreSQL 65,535). */
const maxIdsPerQuery = 10_000;

/** Runs a query for ids of any number: once, unless there are more than one statement can take. */
export function queryByIds<Id, Row>(
  ids: readonly Id[],
  query: (ids: readonly Id[]) => Promise<Row[]>,
): Promise<Row[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return ids.length <= maxIdsPerQuery ? query(ids) : queryInParts(ids, query);
}

async function queryInParts<Id, Row>(
  ids: readonly Id[],
  query: (ids: readonly Id[]) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let start = 0; start < ids.length; start += maxIdsPerQuery) {
    for (const row of await query(ids.slice(start, start + maxIdsPerQuery))) rows.push(row);
  }
  return rows;
}
