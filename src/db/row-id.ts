/** How ids of the API become row ids, and rows are read by them. */
import type { CompiledQuery, Kysely } from 'kysely';
import type { Tables } from './tables.ts';

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
export async function queryByIds<Id, Row>(
  ids: readonly Id[],
  query: (ids: readonly Id[]) => Promise<readonly Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let start = 0; start < ids.length; start += maxIdsPerQuery) {
    for (const row of await query(ids.slice(start, start + maxIdsPerQuery))) rows.push(row);
  }
  return rows;
}

/** The SQL for more ids is made each time: it is long, and its making is little beside the reading. */
const mostKept = 100;

/** A query by ids whose SQL is made once for each number of ids: for a few, to make it takes longer than to run it. */
export class IdQuery<Row> {
  readonly #query: Pick<Kysely<Tables>, 'executeQuery'>;
  readonly #compile: (ids: readonly number[]) => CompiledQuery<Row>;
  /** By the number of ids. */
  readonly #kept = new Map<number, CompiledQuery<Row>>();

  /** `compile`: makes the query for these ids, which must be all of its parameters, in their order. */
  constructor(
    query: Pick<Kysely<Tables>, 'executeQuery'>,
    compile: (ids: readonly number[]) => CompiledQuery<Row>,
  ) {
    this.#query = query;
    this.#compile = compile;
  }

  async execute(ids: readonly number[]): Promise<Row[]> {
    const { rows } = await this.#query.executeQuery<Row>(this.#queryFor(ids));
    return rows;
  }

  #queryFor(ids: readonly number[]): CompiledQuery<Row> {
    const kept = this.#kept.get(ids.length);
    if (kept) return { ...kept, parameters: ids };
    const compiled = this.#compile(ids);
    if (ids.length <= mostKept) this.#kept.set(ids.length, compiled);
    return compiled;
  }
}
