/** Owns the form of what other services publish about dispatches, as MS Despacho's RedisEventPublisher writes it. */
import { z } from 'zod';

/** Where other services publish; the name is theirs and has no prefix. */
export const externalChannel = 'despacho:events';

/** PHP sends numbers or texts, as its database driver pleases. */
const id = z.union([z.number().int(), z.string().regex(/^\d{1,20}$/)]).transform(String);

const messageForm = z.object({
  type: z.enum(['despacho.created', 'despacho.updated', 'despacho.assigned']),
  data: z.looseObject({
    id: id.optional(),
    /** What `despacho.assigned` has instead of `id`. */
    dispatch_id: id.optional(),
  }),
  service: z.string().max(64).nullish(),
  timestamp: z.string().max(64).nullish(),
});

/** A hint that a dispatch may have changed. It is thin and its order is not reliable: only the record tells the truth. */
export interface ChangeNotification {
  readonly despachoId: string;
  /** The service that sent it. */
  readonly service: string;
  readonly type: string;
  /** As it was sent, whole seconds as a rule; empty without one. */
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
