/** Compares a dispatch with what was published of it, and publishes what other services wrote to it without an event. */
import { isDeepStrictEqual } from 'node:util';
import type { Change } from '../../../db/change.ts';
import type { Database } from '../../../db/database.ts';
import { readRowId } from '../../../db/row-id.ts';
import type { DispatchRow } from '../../../db/tables.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../observability/log.ts';
import type { AssignmentBook } from '../assignments/assignment-book.ts';
import { dateOfChange, eventTypes, updateRow, writeEvent } from '../change.ts';
import { parseDispatchState, readStoredEvent, type DispatchEvent, type DispatchState } from '../events.ts';
import { toState } from '../row.ts';

/** What a comparison led to: an event; no difference; no such dispatch; a dispatch that subscribers cannot be shown. */
export type Reconciliation = 'event' | 'unchanged' | 'unknown' | 'refused';

/**
 * Other services may write to the database without an event. The function that is returned reads one dispatch in full,
 * compares it with its last event, and writes an event when they differ: one per real change, however often it is called
 * and by however many processes, since comparison and event share the row's lock and transaction.
 *
 * `actorId` is the service that changed the dispatch.
 */
export function createReconcile(database: Database, clock: Clock, log: Logger, assignments: AssignmentBook) {
  return (despachoId: string, actorId: string): Promise<Reconciliation> =>
    database.change(async (change) => {
      const rowId = readRowId(despachoId);
      const row = rowId === undefined ? undefined : await change.lockDispatch(rowId);
      if (!row) return 'unknown';
      const current = readShowable(row, log);
      if (!current) return 'refused';
      const published = await readLastPublished(change, row.id, log);
      if (published === null) return 'refused';
      if (published && isSame(current, published)) return 'unchanged';
      const changed = await updateRow(
        change,
        { ...row, version: versionBefore(row.version, published) },
        dateOfChange(clock, row),
        {},
      );
      await writeEvent(change, changed, {
        changeType: kindOf(changed, published),
        previousEstado: published?.estado ?? null,
        actorId,
        assignments,
      });
      return 'event';
    });
}

/** The dispatch, or undefined where somebody has written to it what subscribers cannot be shown. */
function readShowable(row: DispatchRow, log: Logger): DispatchState | undefined {
  try {
    const state = parseDispatchState(toState(row));
    for (const [name, value] of Object.entries(state)) {
      if (name.startsWith('fecha') && value !== null && Number.isNaN(Date.parse(value as string)))
        throw new Error(`${name} is not a date.`);
    }
    return state;
  } catch (error) {
    log.warn({ err: error, despachoId: row.id }, 'a dispatch was changed into one that cannot be shown');
    return undefined;
  }
}

/** Who changed the row may have incremented its version, or not. */
function versionBefore(version: number, published: DispatchState | undefined): number {
  return published && version <= published.version ? published.version : version - 1;
}

/** Undefined when nothing was published; null when a newer version published what this one cannot compare. */
async function readLastPublished(
  change: Change,
  rowId: number,
  log: Logger,
): Promise<DispatchState | undefined | null> {
  const row = await change.query
    .selectFrom('events')
    .select('payload')
    .where('despacho_id', '=', rowId)
    .where('type', 'in', Object.values(eventTypes))
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row) return undefined;
  try {
    const { assignment: _assignment, ...dispatch } = readStoredEvent(row).dispatch;
    return dispatch;
  } catch (error) {
    log.warn({ err: error, despachoId: rowId }, 'the last event of a dispatch cannot be read');
    return null;
  }
}

/** Whether nothing differs but the version and the date of the last change. */
export function isSame(current: DispatchState, published: DispatchState): boolean {
  const { version, fechaActualizacion } = published;
  return isDeepStrictEqual({ ...current, version, fechaActualizacion }, published);
}

export function kindOf(
  changed: DispatchState,
  published: DispatchState | undefined,
): DispatchEvent['changeType'] {
  if (!published && changed.version <= 1) return 'CREATED';
  if (changed.ambulancia && changed.ambulancia.id !== published?.ambulancia?.id) return 'ASSIGNED';
  return changed.estado === published?.estado ? 'UPDATED' : 'STATUS_CHANGED';
}
