/** Which events of dispatches a stream shows, also for who asks later: as text it goes into receipts. */
import { z } from 'zod';
import { estados, prioridades } from '../../../lib/words/statuses.ts';
import type { DispatchEvent } from '../events.ts';

const boardFilter = z.object({
  estado: z.enum(estados).optional(),
  prioridad: z.enum(prioridades).optional(),
});
/** What a board is limited to. */
export type BoardFilter = Readonly<z.infer<typeof boardFilter>>;

const shownStream = z.discriminatedUnion('field', [
  z.object({ field: z.literal('dispatchUpdated'), arguments: z.object({ id: z.string() }) }),
  z.object({ field: z.literal('dispatchesUpdated'), arguments: boardFilter }),
  z.object({ field: z.literal('followedDispatchUpdated'), arguments: z.object({}) }),
  z.object({ field: z.literal('assignmentOffered'), arguments: z.object({}) }),
]);
/** A field with those of its arguments on which it depends what is shown. */
export type ShownStream = Readonly<z.infer<typeof shownStream>>;

export const formatShownStream = (stream: ShownStream): string => JSON.stringify(stream);

/** Throws when it is none that this version knows. */
export const parseShownStream = (text: string): ShownStream => shownStream.parse(JSON.parse(text));

/** Whether a board shows a change: its dispatch fits now, or did so before. */
export function isOnBoard({ estado, prioridad }: BoardFilter, event: DispatchEvent): boolean {
  const { dispatch, previousEstado } = event;
  if (prioridad !== undefined && dispatch.prioridad !== prioridad) return false;
  return estado === undefined || dispatch.estado === estado || previousEstado === estado;
}

/** Whether a stream shows a change. `isFollowed`: whether its viewer followed the dispatch then. */
export function showsChange(stream: ShownStream, event: DispatchEvent, isFollowed: () => boolean): boolean {
  if (stream.field === 'dispatchesUpdated') return isOnBoard(stream.arguments, event);
  // Where a stream of a crew stands, there is nothing that it does not show.
  return stream.field !== 'followedDispatchUpdated' || isFollowed();
}

/** Whether a stream shows that its viewer has begun to follow a dispatch. */
export const showsFollow = ({ field }: ShownStream): boolean => field === 'followedDispatchUpdated';
