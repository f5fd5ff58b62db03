/** Events of positions: their topics, their shape in the log, and how they are read back. */
import { z } from 'zod';
import { oneSpelling } from '../../lib/text/readable-text.ts';
import type { Topic, TopicKind } from '../../realtime/topics/topic.ts';

export const locationState = z.object({
  latitud: z.number(),
  longitud: z.number(),
  altitud: z.number().nullable(),
  velocidad: z.number().nullable(),
  rumbo: z.number().nullable(),
  precision: z.number().nullable(),
  recordedAt: z.string(),
  receivedAt: z.string(),
});
/** A position: degrees WGS 84, metres, km/h, degrees from north, metres; ISO 8601 in UTC. */
export type LocationState = Readonly<z.infer<typeof locationState>>;

const place = z.object({ latitud: z.number(), longitud: z.number() });

const locationEvent = z
  .object({
    /** Grows with every position of one dispatch. */
    sequence: z.number().int(),
    despachoId: z.string(),
    // Events of earlier releases say only beside the position when it was received.
    location: locationState.extend({ receivedAt: z.string().optional() }),
    actorId: z.string().transform(oneSpelling).nullable(),
    timestamp: z.string(),
    /** For who watches areas; null where this is the first position. Events of earlier releases do not say how it came here. */
    from: place.nullable().optional(),
    isJump: z.boolean().optional(),
    estado: z.string().optional(),
  })
  .transform(({ location, ...event }) => ({
    ...event,
    location: { ...location, receivedAt: location.receivedAt ?? event.timestamp },
  }));
/** A position that was reported, and was the newest of its dispatch. */
export type LocationEvent = Readonly<z.infer<typeof locationEvent>>;

/** Throws when it is not the event of a position. */
export const parseLocationEvent = (data: unknown): LocationEvent => locationEvent.parse(data);

const locationKind: TopicKind<LocationEvent> = {
  name: 'location',
  parse: parseLocationEvent,
  identify: (event) => ({ subject: event.despachoId, version: event.sequence }),
  conflationKey: (event) => event.despachoId,
};

/** The positions of one dispatch's ambulance. */
export const locationTopic = (despachoId: string): Topic<LocationEvent> => ({
  key: `location:${despachoId}`,
  kind: locationKind,
});

/** Every event of it went to a cell of the map, or came from there. */
export const cellTopicKey = (cell: string): string => `area:${cell}`;
