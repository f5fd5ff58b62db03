/** Takes over dispatches that nobody looks after: from before there were alerts, from an older release, or from other limits. */
import { sql } from 'kysely';
import type { Database } from '../../db/database.ts';
import type { AlertBook } from './alert-book.ts';
import { estados } from './events.ts';

const ended: ReadonlySet<string> = new Set(['COMPLETADO', 'CANCELADO']);

/**
 * Once in the life of a process: each is then looked at once. A status that the record does not date counts as old as the last change. Reads each
 * dispatch that has not ended.
 */
export async function adoptWatches(
  { query }: Pick<Database, 'query'>,
  { isOn, limitsName }: Pick<AlertBook, 'isOn' | 'limitsName'>,
  now: string,
): Promise<void> {
  await query.updateTable('alert_watches').set({ due_at: now }).where('limits', '!=', limitsName).execute();
  if (!isOn) return;
  await query
    .insertInto('alert_watches')
    .columns(['despacho_id', 'estado', 'since', 'due_at', 'limits'])
    .expression((eb) =>
      eb
        .selectFrom('dispatches')
        .select(({ ref }) => [
          'id as despacho_id',
          'estado',
          sql<string>`case ${ref('estado')} when 'PENDIENTE' then case when ${ref('fecha_asignacion')} is null
            then ${ref('fecha_solicitud')} else ${ref('fecha_actualizacion')} end
            when 'EN_SITIO' then coalesce(${ref('fecha_llegada')}, ${ref('fecha_actualizacion')})
            else ${ref('fecha_actualizacion')} end`.as('since'),
          sql<string>`${now}`.as('due_at'),
          sql<string>`${limitsName}`.as('limits'),
        ])
        .where(
          'estado',
          'in',
          estados.filter((estado) => !ended.has(estado)),
        )
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('alert_watches')
                .select('alert_watches.despacho_id')
                .whereRef('alert_watches.despacho_id', '=', 'dispatches.id'),
            ),
          ),
        ),
    )
    .onConflict((conflict) => conflict.column('despacho_id').doNothing())
    .execute();
}
