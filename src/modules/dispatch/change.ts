/** The steps of every change of a dispatch: lock it, update it, write the event. */
import { sql } from 'kysely';
import type { Change, StoredEvent } from '../../db/change.ts';
import { readRowId } from '../../db/row-id.ts';
import { storedDate } from '../../db/stored-date.ts';
import { storedName } from '../../db/stored-text.ts';
import type { DispatchRow, NewDispatchRow } from '../../db/tables.ts';
import type { Clock } from '../../lib/clock.ts';
import { ClientError, notFound } from '../../lib/errors.ts';
import { activeEstados } from '../../lib/words/statuses.ts';
import { assignmentTopicKey, type ToldChange } from './assignments/assignment.ts';
import type { AssignmentBook } from './assignments/assignment-book.ts';
import { boardTopic, dispatchTopic, type DispatchEvent, type DispatchState } from './events.ts';
import { toState } from './row.ts';

/** The type that each kind of change has in the audit trail. */
export const eventTypes: Readonly<Record<DispatchEvent['changeType'], string>> = {
  CREATED: 'dispatch.created',
  ASSIGNED: 'dispatch.assigned',
  STATUS_CHANGED: 'dispatch.status_changed',
  UPDATED: 'dispatch.updated',
};

/** Locks the dispatch until the change has ended. Rejects with NOT_FOUND. */
export async function lockDispatch(
  change: Change,
  id: string,
): Promise<{ row: DispatchRow; state: DispatchState }> {
  const rowId = readRowId(id);
  const row = rowId === undefined ? undefined : await change.lockDispatch(rowId);
  if (!row) throw notFound('dispatch', id);
  return { row, state: toState(row) };
}

/** Rejects with AMBULANCE_BUSY, and the dispatch, where the ambulance is on another one that has not ended. */
export async function assertFree(change: Change, ambulanciaId: string, row: DispatchRow): Promise<void> {
  await change.lockAmbulance(ambulanciaId);
  const other = await change.query
    .selectFrom('dispatches')
    .select(['id', 'estado'])
    // Named one by one, so that the index by status is read and not all dispatches that there ever were.
    .where('estado', 'in', activeEstados)
    .where('ambulancia_id', '=', ambulanciaId)
    .where('id', '!=', row.id)
    .orderBy('id')
    .executeTakeFirst();
  if (!other) return;
  const { id, estado } = other;
  throw new ClientError('AMBULANCE_BUSY', `The ambulance is on dispatch ${id}, which is ${estado}.`, {
    despachoId: String(id),
    estado,
  });
}

/** Now, or the time of the last change where another process's clock is ahead: a later version is never dated earlier. */
export function dateOfChange(clock: Clock, { fecha_actualizacion: last }: DispatchRow): string {
  const now = storedDate(clock.now());
  return now > last ? now : last;
}

/** Changes a locked row, and increments its version. */
export async function updateRow(
  change: Change,
  row: DispatchRow,
  at: string,
  values: Partial<Omit<NewDispatchRow, 'id'>>,
): Promise<DispatchState> {
  const changes = { ...values, fecha_actualizacion: at, version: row.version + 1 };
  await change.query.updateTable('dispatches').set(changes).where('id', '=', row.id).execute();
  return toState({ ...row, ...changes });
}

/** Increments the version of several locked rows, each dated as by `dateOfChange`. Resolves with the dispatches, by their ids. */
export async function updateRows(
  change: Change,
  ids: readonly number[],
  now: string,
): Promise<ReadonlyMap<number, DispatchState>> {
  const rows = await change.query
    .updateTable('dispatches')
    .set(({ ref, eb }) => ({
      fecha_actualizacion: sql<string>`case when ${ref('fecha_actualizacion')} > ${now}
        then ${ref('fecha_actualizacion')} else ${now} end`,
      version: eb('version', '+', 1),
    }))
    .where('id', 'in', ids)
    .returningAll()
    .execute();
  return new Map(rows.map((row) => [row.id, toState(row)]));
}

/** What a change was, besides the dispatch that it led to. */
export interface WrittenChange extends Pick<DispatchEvent, 'changeType' | 'previousEstado'> {
  readonly actorId: string;
  /** Draws conclusions from it. */
  readonly assignments: AssignmentBook;
  /** What crews are told besides; default nothing. */
  readonly told?: readonly ToldChange[];
}

/** Writes the event of a change in its transaction. Resolves with the dispatch. */
export async function writeEvent(
  change: Change,
  dispatch: DispatchState,
  { changeType, previousEstado, actorId, assignments, told: before = [] }: WrittenChange,
): Promise<DispatchState> {
  const { told: concluded, ...shown } = await assignments.follow(change, { dispatch, actorId });
  const told = [...before, ...concluded];
  await change.writeEvent(eventOf({ ...dispatch, ...shown }, { changeType, previousEstado, actorId, told }));
  return dispatch;
}

/** The event of a change as it is stored. */
export function eventOf(
  dispatch: DispatchEvent['dispatch'],
  { changeType, previousEstado, actorId, told }: Required<Omit<WrittenChange, 'assignments'>>,
): StoredEvent {
  const timestamp = dispatch.fechaActualizacion;
  const actor = storedName(actorId);
  const crews = told.map((one) => assignmentTopicKey(one.assignment.ambulancia.id));
  const event: DispatchEvent = { changeType, previousEstado, actorId: actor, timestamp, dispatch };
  return {
    type: eventTypes[changeType],
    despachoId: Number(dispatch.id),
    actorId: actor,
    at: timestamp,
    topics: [dispatchTopic(dispatch.id).key, boardTopic.key, ...crews],
    payload: told.length === 0 ? event : { ...event, told },
  };
}
