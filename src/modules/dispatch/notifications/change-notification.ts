/** Messages of other services about dispatches, in the form that MS Despacho's RedisEventPublisher gives them. */
import { z } from 'zod';
import { oneSpelling } from '../../../lib/text/readable-text.ts';

/** The Redis channel of the other services. The name is theirs, so it has no prefix. */
export const externalChannel = 'despacho:events';

/** PHP sends numbers or strings, depending on its database driver. */
const id = z.union([z.number().int(), z.string().regex(/^\d{1,20}$/)]).transform(String);

const messageForm = z.object({
  type: z.enum(['despacho.created', 'despacho.updated', 'despacho.assigned']),
  data: z.looseObject({
    id: id.optional(),
    /** What `despacho.assigned` has instead of `id`. */
    dispatch_id: id.optional(),
  }),
  service: z.string().max(64).transform(oneSpelling).nullish(),
  timestamp: z.string().max(64).nullish(),
});

/** Says that a dispatch may have changed. It may be late, doubled or out of order, so what has changed is read from the dispatch itself. */
export interface ChangeNotification {
  readonly despachoId: string;
  /** The service that sent it. */
  readonly service: string;
  readonly type: string;
  /** As it was sent, usually in whole seconds; empty where there was none. */
  readonly timestamp: string;
}

/** Reads a message; undefined when it is not one of these. */
export function readChangeNotification(message: unknown): ChangeNotification | undefined {
  const { success, data } = messageForm.safeParse(message);
  const despachoId = data?.data.id ?? data?.data.dispatch_id;
  if (!success || despachoId === undefined) return undefined;
  const { type, service, timestamp } = data;
  return { despachoId, service: service ?? 'unknown', type, timestamp: timestamp ?? '' };
}
