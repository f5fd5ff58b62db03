/** Which dispatches are due to be looked at, and what is known of them. */
import { sql, type RawBuilder } from 'kysely';
import type { Change } from '../../db/change.ts';
import type { Database } from '../../db/database.ts';
import { orderOf } from '../../db/queries/position-order.ts';
import type { AlertWatchRow } from '../../db/tables/alerts.ts';
import type { AssignmentRow } from '../../db/tables/assignments.ts';
import type { DispatchRow } from '../../db/tables.ts';

/** Taken together: so many wait for each other's commit. */
export const maxTaken = 50;

/** Dispatches that are due, the one that has been so for longest first. `without`: those that are passed over. */
export async function readDue(
  { query }: Pick<Database, 'query'>,
  now: string,
  without: readonly number[],
): Promise<number[]> {
  const due = await query
    .selectFrom('alert_watches')
    .select('despacho_id')
    .where('due_at', '<=', now)
    .$if(without.length > 0, (some) => some.where('despacho_id', 'not in', without))
    .orderBy('due_at')
    .orderBy('despacho_id')
    .limit(maxTaken)
    .execute();
  return due.map(({ despacho_id: id }) => id);
}

/** A dispatch that is due, locked until the change has ended. */
export interface TakenWatch {
  readonly watch: AlertWatchRow;
  readonly dispatch: Pick<
    DispatchRow,
    'id' | 'estado' | 'prioridad' | 'ambulancia_id' | 'fecha_actualizacion'
  >;
  /** What time it is: of this process and of the database, the earlier one. A process whose clock is ahead is not early. */
  readonly now: string;
}

/** Those of some that are still due, and that no other process is at. */
export async function takeDue(change: Change, ids: readonly number[], now: string): Promise<TakenWatch[]> {
  const { kind, query } = change;
  const due = query
    .selectFrom('alert_watches')
    .innerJoin('dispatches', 'dispatches.id', 'alert_watches.despacho_id')
    .selectAll('alert_watches')
    .select(['dispatches.estado as present', 'prioridad', 'ambulancia_id', 'fecha_actualizacion'])
    .select(earlierOf(kind, now).as('now'))
    .where('alert_watches.despacho_id', 'in', ids)
    .where('alert_watches.due_at', '<=', earlierOf(kind, now))
    .orderBy('alert_watches.due_at');
  // Never waits for a lock, so that it is in nobody's way who locks the dispatch first.
  const rows = await (
    kind === 'sqlite' ? due : due.forUpdate(['alert_watches', 'dispatches']).skipLocked()
  ).execute();
  return rows.map(({ present, prioridad, ambulancia_id, fecha_actualizacion, now: at, ...watch }) => ({
    watch,
    dispatch: { id: watch.despacho_id, estado: present, prioridad, ambulancia_id, fecha_actualizacion },
    now: at,
  }));
}

const earlierOf = (kind: Change['kind'], now: string): RawBuilder<string> =>
  kind === 'sqlite'
    ? sql`${now}`
    : sql`least(${now}, to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`;

/** The assignments of some dispatches that have not ended, by the dispatch. Of each dispatch there is one at the most. */
export async function openAssignments(
  { query }: Pick<Database, 'query'>,
  despachoIds: readonly number[],
): Promise<ReadonlyMap<number, AssignmentRow>> {
  const rows = await query
    .selectFrom('assignments')
    .selectAll()
    .where('despacho_id', 'in', despachoIds)
    .where('ended_at', 'is', null)
    .execute();
  return new Map(rows.map((row) => [row.despacho_id, row]));
}

/** When the newest position of some dispatches was measured, by the dispatch. */
export async function lastPositions(
  { query, kind }: Change,
  despachoIds: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const rows = await query
    .selectFrom('dispatches')
    .select((eb) => [
      'dispatches.id',
      eb
        .selectFrom('locations')
        .select(orderOf(kind, 'locations').as('measured'))
        .whereRef('locations.despacho_id', '=', 'dispatches.id')
        .orderBy(orderOf(kind, 'locations'), 'desc')
        .limit(1)
        .as('last'),
    ])
    .where('dispatches.id', 'in', despachoIds)
    .execute();
  return new Map(rows.flatMap(({ id, last }) => (last === null ? [] : [[id, last] as const])));
}
