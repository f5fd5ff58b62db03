/** The steps of every change of a dispatch: lock it, update it, write the event. */
import type { Change } from '../../db/change.ts';
import { readRowId } from '../../db/row-id.ts';
import { storedName } from '../../db/stored-text.ts';
import type { DispatchRow, NewDispatchRow } from '../../db/tables.ts';
import { notFound } from '../../lib/errors.ts';
import { boardTopic, dispatchTopic, type DispatchEvent, type DispatchState, type Estado } from './events.ts';
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

/** Writes the event of a change in its transaction. Resolves with the dispatch. */
export async function writeEvent(
  change: Change,
  changeType: DispatchEvent['changeType'],
  dispatch: DispatchState,
  previousEstado: Estado | null,
  actorId: string,
): Promise<DispatchState> {
  const timestamp = dispatch.fechaActualizacion;
  const actor = storedName(actorId);
  const payload: DispatchEvent = { changeType, dispatch, previousEstado, actorId: actor, timestamp };
  await change.writeEvent({
    type: eventTypes[changeType],
    despachoId: Number(dispatch.id),
    actorId: actor,
    at: timestamp,
    topics: [dispatchTopic(dispatch.id).key, boardTopic.key],
    payload,
  });
  return dispatch;
}
