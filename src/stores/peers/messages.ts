/** What processes ask each other and answer, as it goes over the wire: a newer version may ask what this one does not know. */
import { z } from 'zod';

/** That the sessions of a user were ended: see `SessionEnd`. */
export const sessionEnd = z.object({
  viewerId: z.string(),
  endedAt: z.number().nullable(),
  until: z.number().nullable(),
  changedAt: z.number(),
});

/** Which live subscriptions are looked for: those that fit all that is not null. */
const liveFilter = z.object({
  userId: z.string().nullable(),
  operationName: z.string().nullable(),
  /** How many are shown at the most; all of them are counted. */
  limit: z.number(),
});
export type LiveFilter = Readonly<z.infer<typeof liveFilter>>;

/** `session-end`: take it, and end what is open. `live`: which subscriptions are live. `slots`: which of these generations are held. */
export const question = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('session-end'), end: sessionEnd }),
  z.object({ kind: z.literal('live'), filter: liveFilter }),
  z.object({ kind: z.literal('slots'), generations: z.array(z.string()) }),
]);
export type Question = Readonly<z.infer<typeof question>>;

const liveSubscription = z.object({
  userId: z.string(),
  operationName: z.string().nullable(),
  field: z.string(),
  topic: z.string(),
  transport: z.enum(['WEBSOCKET', 'EVENT_STREAM', 'MULTIPART', 'CALLBACK']),
  /** The name of its process. */
  process: z.string(),
  /** Its connection, as the log of its process names it. */
  connectionId: z.string(),
  /** When it began, milliseconds since the Unix epoch. */
  since: z.number(),
  /** Positions; null where nobody can say. */
  sent: z.string().nullable(),
  acknowledged: z.string().nullable(),
  /** Bytes that wait for its client, those of all that shares its connection. */
  waitingBytes: z.number(),
});
export type FoundSubscription = Readonly<z.infer<typeof liveSubscription>>;

export const answer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('session-end'), ended: z.number() }),
  z.object({ kind: z.literal('live'), total: z.number(), subscriptions: z.array(liveSubscription) }),
  z.object({ kind: z.literal('slots'), held: z.array(z.string()) }),
]);
export type Answer = Readonly<z.infer<typeof answer>>;
export type AnswerTo<K extends Question['kind']> = Extract<Answer, { readonly kind: K }>;
