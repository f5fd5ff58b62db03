/** Reads a list that is longer than one answer, page after page, although it changes meanwhile. */
import type { LiveClient } from '../live-client.ts';
import type { DispatchStatus, Prioridad } from '../generated/operations.ts';
import type { DispatchRow } from './rows.ts';

export interface ListQuery {
  readonly fields: string;
  /** The definition of the fragment that the fields name. */
  readonly fragment: string;
  readonly estados: readonly DispatchStatus[];
  readonly prioridad: Prioridad | undefined;
}

interface PageHandlers<R> {
  readonly signal: AbortSignal;
  /** Called once, before any row: everything that happens from here on has to be followed. */
  readonly onCursor: (cursor: string) => void;
  readonly onRow: (row: R) => void;
}

const pageSize = 200;
/** Each page begins with the end of the one before: rows that have left meanwhile have moved the others up. */
const overlap = 25;

interface Page<R> {
  readonly dispatchesCursor: string;
  readonly despachos: readonly R[];
}

export async function readPages<R extends DispatchRow>(
  live: LiveClient,
  { fields, fragment, estados, prioridad }: ListQuery,
  { signal, onCursor, onRow }: PageHandlers<R>,
): Promise<void> {
  const query = `
    query DispatchList($estado: DispatchStatus, $prioridad: Prioridad, $limit: Int!, $offset: Int!) {
      dispatchesCursor
      despachos(estado: $estado, prioridad: $prioridad, limit: $limit, offset: $offset) { ${fields} }
    }
    ${fragment}`;
  let isFollowed = false;
  for (const estado of estados) {
    let seen = new Set<string>();
    for (let offset = 0; ;) {
      const variables = { estado, prioridad, limit: pageSize, offset };
      const page = await live.request<Page<R>, typeof variables>(query, variables);
      if (signal.aborted) return;
      if (!isFollowed) onCursor(page.dispatchesCursor);
      isFollowed = true;
      for (const row of page.despachos) onRow(row);
      const joins = offset === 0 || page.despachos.some(({ id }) => seen.has(id));
      // So many have left that there may be a hole between the two: it is read from further up.
      if (!joins) {
        offset = Math.max(0, offset - pageSize);
        continue;
      }
      if (page.despachos.length < pageSize) break;
      seen = new Set(page.despachos.map(({ id }) => id));
      offset += pageSize - overlap;
    }
  }
}
