/** What was detected in MS Despacho of a dispatch: whether it is old news, or not yet all that will be written of it. */
import type { Change } from '../../../db/change.ts';
import { isEnded } from '../../../lib/words/statuses.ts';
import { eventTypes } from '../change.ts';
import type { DispatchState } from '../events.ts';

/** A dispatch as MS Despacho has it. */
export type UnversionedDispatch = Omit<DispatchState, 'version'>;

/** Whether an event of the dispatch was written after the one with the id `since`. */
export async function hasEventSince(change: Change, rowId: number, since: number): Promise<boolean> {
  const row = await change.query
    .selectFrom('events')
    .select('id')
    .where('despacho_id', '=', rowId)
    .where('type', 'in', Object.values(eventTypes))
    .where('id', '>', since)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** MS Despacho writes a new status first, and the dates that come with it a moment later. */
export function isPartial(detected: UnversionedDispatch, published: DispatchState): boolean {
  if (detected.estado === published.estado) return false;
  if (detected.estado === 'EN_SITIO') return detected.fechaLlegada === null;
  return isEnded(detected.estado) && detected.fechaFinalizacion === null;
}
