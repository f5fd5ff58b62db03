/** Events of dispatches: their topics, their shape in log and audit trail, and how they are read back. */
import { z } from 'zod';
import { oneSpelling } from '../../lib/text/readable-text.ts';
import { estados, prioridades } from '../../lib/words/statuses.ts';
import { assignmentState } from './assignments/assignment-state.ts';
import type { Topic, TopicKind } from '../../realtime/topics/topic.ts';

export const incidentes = ['ACCIDENTE', 'EMERGENCIA_MEDICA', 'TRASLADO', 'OTRO'] as const;

const isoDate = z.string();
/** An id or a name: events of earlier releases may have another spelling. */
const name = z.string().transform(oneSpelling);
const place = z.object({ latitud: z.number(), longitud: z.number(), direccion: z.string().nullable() });

export const dispatchState = z.object({
  id: z.string(),
  estado: z.enum(estados),
  prioridad: z.enum(prioridades),
  incidente: z.enum(incidentes),
  origen: place,
  destino: place.nullable(),
  ambulancia: z.object({ id: name, placa: name.nullable() }).nullable(),
  observaciones: z.string().nullable(),
  distanciaKm: z.number().nullable(),
  tiempoEstimadoMin: z.number().int().nullable(),
  tiempoRealMin: z.number().int().nullable(),
  fechaSolicitud: isoDate,
  fechaAsignacion: isoDate.nullable(),
  fechaLlegada: isoDate.nullable(),
  fechaFinalizacion: isoDate.nullable(),
  fechaActualizacion: isoDate,
  version: z.number().int(),
  /** In events: what was read from the table of dispatches has none, nor have events of before there were any. */
  assignment: assignmentState.nullable().optional(),
});

/** A dispatch in full, as every event carries it. Dates are ISO 8601 in UTC with milliseconds. */
export type DispatchState = Readonly<z.infer<typeof dispatchState>>;

/** Throws when it is not a dispatch that can be shown. */
export const parseDispatchState = (value: unknown): DispatchState => dispatchState.parse(value);

const dispatchEvent = z.object({
  changeType: z.enum(['CREATED', 'STATUS_CHANGED', 'ASSIGNED', 'UPDATED']),
  dispatch: dispatchState,
  previousEstado: z.enum(estados).nullable(),
  actorId: name.nullable(),
  timestamp: isoDate,
});
/** A change of a dispatch, with the state it led to. */
export type DispatchEvent = Readonly<z.infer<typeof dispatchEvent>>;

/** Throws when it is not the event of a change. */
const parseDispatchEvent = (value: unknown): DispatchEvent => dispatchEvent.parse(value);

/** Reads the event of a change as it was stored. Throws as `parseDispatchEvent`. */
export const readStoredEvent = ({ payload }: { readonly payload: string }): DispatchEvent =>
  parseDispatchEvent(JSON.parse(payload));

const followEvent = z.object({
  changeType: z.enum(['FOLLOWED', 'UNFOLLOWED']),
  dispatch: dispatchState,
  actorId: name,
  timestamp: isoDate,
});
/** `actorId` began or ceased to follow a dispatch. Travels on the board's topic; only that viewer's own stream shows it. */
export type FollowEvent = Readonly<z.infer<typeof followEvent>>;

/** What travels on the board's topic. */
export type BoardEvent = DispatchEvent | FollowEvent;

const boardEvent = z.union([dispatchEvent, followEvent]);

const identify = (event: BoardEvent) => ({ subject: event.dispatch.id, version: event.dispatch.version });

const dispatchKind: TopicKind<DispatchEvent> = {
  name: 'dispatch',
  parse: parseDispatchEvent,
  identify,
};

const boardKind: TopicKind<BoardEvent> = {
  name: 'dispatches',
  parse: (data) => boardEvent.parse(data),
  identify,
};

const changeTypes: ReadonlySet<unknown> = new Set(dispatchEvent.shape.changeType.options);

/** Names what is shown of the board: a status or any, and a priority or any. */
export const boardFilter = (estado?: string | null, prioridad?: string | null): string =>
  `${estado ?? '*'}/${prioridad ?? '*'}`;

/** Every filter that shows an event of the board; undefined where it cannot be read. */
export function boardFiltersOf(data: unknown): readonly string[] | undefined {
  const { changeType, previousEstado, dispatch } = (data ?? {}) as Partial<BoardEvent> &
    Pick<Partial<DispatchEvent>, 'previousEstado'>;
  if (changeType === 'FOLLOWED' || changeType === 'UNFOLLOWED') return [];
  if (!changeTypes.has(changeType) || !dispatch) return undefined;
  const { estado, prioridad } = dispatch;
  const statuses = new Set([null, previousEstado ?? null, estado]);
  const isKnown = [...statuses].every((each) => each === null || estados.includes(each));
  if (!isKnown || !prioridades.includes(prioridad)) return undefined;
  return [...statuses].flatMap((each) => [boardFilter(each), boardFilter(each, prioridad)]);
}

/** Every change of one dispatch. */
export const dispatchTopic = (id: string): Topic<DispatchEvent> => ({
  key: `dispatch:${id}`,
  kind: dispatchKind,
});

/** Every change of every dispatch, and of who follows which. */
export const boardTopic: Topic<BoardEvent> = { key: 'dispatches', kind: boardKind };
