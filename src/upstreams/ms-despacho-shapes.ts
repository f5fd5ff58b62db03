/** The shapes in which MS Despacho answers, and what they become: decimals numbers, ids strings, dates UTC. */
import { z } from 'zod';
import { oneSpelling } from '../lib/text/readable-text.ts';

/** A number or a string, depending on the database driver. */
const id = z.union([z.number().int(), z.string().regex(/^\d+$/)]).transform(String);
const decimal = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number),
]);
const whole = decimal.refine(Number.isInteger, 'is not a whole number');
/** With microseconds. Without a zone it is in UTC, too. */
const date = z
  .string()
  .transform((text) => Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text.replace(' ', 'T')}Z`))
  .refine((ms) => Number.isFinite(ms), 'is not a date')
  .transform((ms) => new Date(ms).toISOString());
const optional = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? null);
/** MS Despacho's words are in lower case, those of our schema in capitals. */
const word = <const W extends string>(words: readonly W[]) =>
  z.enum(words).transform((value) => value.toUpperCase() as Uppercase<W>);

const estado = word([
  'pendiente',
  'asignado',
  'en_camino',
  'en_sitio',
  'trasladando',
  'completado',
  'cancelado',
]);

const ambulance = z.object({
  placa: optional(z.string().transform(oneSpelling)),
  ubicacion_actual_lat: optional(decimal),
  ubicacion_actual_lng: optional(decimal),
  ultima_actualizacion: optional(date),
});

const trackPoint = z
  .object({
    latitud: decimal,
    longitud: decimal,
    velocidad: optional(decimal),
    altitud: optional(decimal),
    precision: optional(decimal),
    timestamp_gps: date,
  })
  .transform(({ timestamp_gps, ...point }) => ({ ...point, rumbo: null, recordedAt: timestamp_gps }));

/** A position in MS Despacho, which stores no course and dates positions itself. */
export type RemotePosition = z.infer<typeof trackPoint>;

const dispatch = z
  .object({
    id,
    ambulancia_id: optional(id),
    fecha_solicitud: date,
    fecha_asignacion: optional(date),
    fecha_llegada: optional(date),
    fecha_finalizacion: optional(date),
    ubicacion_origen_lat: decimal,
    ubicacion_origen_lng: decimal,
    direccion_origen: optional(z.string()),
    ubicacion_destino_lat: optional(decimal),
    ubicacion_destino_lng: optional(decimal),
    direccion_destino: optional(z.string()),
    distancia_km: optional(decimal),
    tiempo_estimado_min: optional(whole),
    tiempo_real_min: optional(whole),
    estado,
    incidente: word(['accidente', 'emergencia_medica', 'traslado', 'otro']),
    prioridad: word(['baja', 'media', 'alta', 'critica']),
    observaciones: optional(z.string()),
    updated_at: date,
    ambulancia: ambulance.nullish(),
    historial_rastreo: z.array(trackPoint).optional(),
  })
  .transform((row) => ({
    state: {
      id: row.id,
      estado: row.estado,
      prioridad: row.prioridad,
      incidente: row.incidente,
      origen: {
        latitud: row.ubicacion_origen_lat,
        longitud: row.ubicacion_origen_lng,
        direccion: row.direccion_origen,
      },
      destino:
        row.ubicacion_destino_lat === null || row.ubicacion_destino_lng === null
          ? null
          : {
              latitud: row.ubicacion_destino_lat,
              longitud: row.ubicacion_destino_lng,
              direccion: row.direccion_destino,
            },
      ambulancia:
        row.ambulancia_id === null ? null : { id: row.ambulancia_id, placa: row.ambulancia?.placa ?? null },
      observaciones: row.observaciones,
      distanciaKm: row.distancia_km,
      tiempoEstimadoMin: row.tiempo_estimado_min,
      tiempoRealMin: row.tiempo_real_min,
      fechaSolicitud: row.fecha_solicitud,
      fechaAsignacion: row.fecha_asignacion,
      fechaLlegada: row.fecha_llegada,
      fechaFinalizacion: row.fecha_finalizacion,
      fechaActualizacion: row.updated_at,
    },
    /** Whether the answer contains the ambulance, which the answer to a creation does not. */
    isComplete: row.ambulancia_id === null || row.ambulancia !== undefined,
    /** Where the ambulance is now, even if that was not reported for this dispatch. */
    ambulanceAt: readAmbulancePosition(row.ambulancia),
    /** Sorted by time; null where the answer has no track. */
    track:
      row.historial_rastreo?.filter(isFix).toSorted((a, b) => (a.recordedAt < b.recordedAt ? -1 : 1)) ?? null,
  }));

/** Receivers without a fix report 0, 0. */
const isFix = ({ latitud, longitud }: { readonly latitud: number; readonly longitud: number }) =>
  latitud !== 0 || longitud !== 0;

/** A dispatch in MS Despacho, which has no version field. */
export type RemoteDispatch = z.infer<typeof dispatch>;

function readAmbulancePosition(found: z.infer<typeof ambulance> | null | undefined): RemotePosition | null {
  if (!found) return null;
  const { ubicacion_actual_lat: latitud, ubicacion_actual_lng: longitud, ultima_actualizacion } = found;
  if (latitud === null || longitud === null || ultima_actualizacion === null) return null;
  if (!isFix({ latitud, longitud })) return null;
  const unknown = { velocidad: null, altitud: null, precision: null, rumbo: null };
  return { latitud, longitud, ...unknown, recordedAt: ultima_actualizacion };
}

const page = z.object({ data: z.array(z.unknown()), last_page: z.number().int(), total: z.number().int() });

const message = z.object({ message: z.string(), data: z.unknown() });

/** Answers to writes are wrapped in `{message, data}`, answers to reads are not. */
function unwrap(body: unknown): unknown {
  const { success, data } = message.safeParse(body);
  return success && data.data !== undefined ? data.data : body;
}

// These throw when the answer has another shape.
export const parseRemoteDispatch = (body: unknown): RemoteDispatch => dispatch.parse(unwrap(body));
export const parseRemotePosition = (body: unknown): RemotePosition => trackPoint.parse(unwrap(body));
export const parseRemotePage = (body: unknown) => page.parse(body);

/** Whether nothing is wrong with a dispatch that could not be read but a word that nobody here knows. */
export const isUnknownWord = (error: unknown): boolean =>
  error instanceof z.ZodError && error.issues.every(({ code }) => code === 'invalid_value');

const refusal = z.object({
  error: z.string().optional(),
  message: z.string().optional(),
  messages: z.record(z.string(), z.array(z.string())).optional(),
});

/** Why MS Despacho refused, as far as it says so. */
export const readRefusal = (body: unknown): z.infer<typeof refusal> => refusal.safeParse(body).data ?? {};
