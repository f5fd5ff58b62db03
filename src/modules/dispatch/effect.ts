/** What is kept of a mutation of a dispatch, and how it is answered again. */
import { z } from 'zod';
import type { Kysely } from 'kysely';
import type { Tables } from '../../db/tables.ts';
import { readStored } from '../../db/mutations/stored-effect.ts';
import { notFound } from '../../lib/errors.ts';
import { eventTypes } from './change.ts';
import { dispatchState, type DispatchState } from './events.ts';
import { toState } from './row.ts';

/** The dispatch as the mutation left it. */
export interface DispatchEffect {
  readonly despachoId: string;
  readonly version: number;
  /** The event that shows it; null where none is known. */
  readonly event: number | null;
}

const effectForm = z.object({
  despachoId: z.string(),
  version: z.number(),
  event: z.number().nullable(),
}) satisfies z.ZodType<DispatchEffect>;

/** `eventId` is that of the change, if it wrote one: what changed nothing has left the dispatch as its last event shows it. */
export async function dispatchEffectOf(
  { id: despachoId, version }: DispatchState,
  { eventId, query }: { readonly eventId: number | null; readonly query: Kysely<Tables> },
): Promise<DispatchEffect> {
  const event = eventId ?? (await findLastEvent(despachoId, version, query));
  return { despachoId, version, event };
}

/** The dispatch as the mutation left it; where that is no longer kept, as it is now. */
export async function recallDispatch(effect: DispatchEffect, query: Kysely<Tables>): Promise<DispatchState> {
  const { despachoId, event } = readStored('what this mutation did', effectForm, effect);
  const kept =
    event === null
      ? undefined
      : await query.selectFrom('events').select('payload').where('id', '=', event).executeTakeFirst();
  const shown = kept && parseShown(kept.payload)?.dispatch;
  if (shown) return shown;
  const row = await query
    .selectFrom('dispatches')
    .selectAll()
    .where('id', '=', Number(despachoId))
    .executeTakeFirst();
  if (!row) throw notFound('dispatch', despachoId);
  return toState(row);
}

async function findLastEvent(
  despachoId: string,
  version: number,
  query: Kysely<Tables>,
): Promise<number | null> {
  const row = await query
    .selectFrom('events')
    .select(['id', 'payload'])
    .where('despacho_id', '=', Number(despachoId))
    .where('type', 'in', Object.values(eventTypes))
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && parseShown(row.payload)?.dispatch.version === version ? row.id : null;
}

const shownDispatch = z.object({ dispatch: dispatchState });

/** What an event of any type shows; null where a newer version wrote it. */
function parseShown(payload: string): { readonly dispatch: DispatchState } | null {
  return shownDispatch.safeParse(JSON.parse(payload)).data ?? null;
}
