/** Owns the comparison of the record with what subscribers were told: what was changed behind our back becomes an event. */
import { isDeepStrictEqual } from 'node:util';
import type { Change } from '../../db/change.ts';
import type { Database } from '../../db/database.ts';
import { readRowId } from '../../db/row-id.ts';
import { storedDate } from '../../db/stored-date.ts';
import type { Clock } from '../../lib/clock.ts';
import { eventTypes, updateRow, writeEvent } from './change.ts';
import { parseDispatchEvent, parseDispatchState, type DispatchEvent, type DispatchState } from './events.ts';
import { toState } from './row.ts';

/** What a comparison led to: an event, nothing to tell, or no such dispatch. */
export type Reconciliation = 'event' | 'unchanged' | 'unknown';

/**
 * Other services may write to the record's database without our events. This reads one dispatch in full, compares it
 * with its last event, and writes one event when they differ: one per real change, however often it is called and by
 * however many processes, since comparison and event share the row's lock and transaction.
 *
 * `actorId` names the service that changed it. Rejects when the row is none that subscribers could be shown.
 */
export function createReconcile(database: Database, clock: Clock) {
  return (despachoId: string, actorId: string): Promise<Reconciliation> =>
    database.change(async (change) => {
      const rowId = readRowId(despachoId);
      const row = rowId === undefined ? undefined : await change.lockDispatch(rowId);
      if (!row) return 'unknown';
      const told = await readLastTold(change, row.id);
      const found = parseDispatchState(toState(row));
      if (told && isSame(found, told)) return 'unchanged';
      const at = [storedDate(clock.now()), row.fecha_actualizacion].sort().at(-1)!;
      const changed = await updateRow(change, { ...row, version: versionBefore(row.version, told) }, at, {});
      await writeEvent(change, kindOf(changed, told), changed, told?.estado ?? null, actorId);
      return 'event';
    });
}

/** Whoever changed the row may have counted the change, or not. */
function versionBefore(version: number, told: DispatchState | undefined): number {
  return told && version <= told.version ? told.version : version - 1;
}

async function readLastTold(change: Change, rowId: number): Promise<DispatchState | undefined> {
  const row = await change.query
    .selectFrom('events')
    .select('payload')
    .where('despacho_id', '=', rowId)
    .where('type', 'in', Object.values(eventTypes))
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && parseDispatchEvent(JSON.parse(row.payload)).dispatch;
}

/** Whether nothing differs but what only counts and dates changes. */
function isSame(found: DispatchState, told: DispatchState): boolean {
  const { version, fechaActualizacion } = told;
  return isDeepStrictEqual({ ...found, version, fechaActualizacion }, told);
}

function kindOf(changed: DispatchState, told: DispatchState | undefined): DispatchEvent['changeType'] {
  if (changed.ambulancia && changed.ambulancia.id !== told?.ambulancia?.id) return 'ASSIGNED';
  return changed.estado === told?.estado ? 'UPDATED' : 'STATUS_CHANGED';
}
