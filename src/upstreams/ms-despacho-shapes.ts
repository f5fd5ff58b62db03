/** Owns the shapes that MS Despacho answers in, and what they are taken for: decimals as numbers, ids as texts, dates in UTC. */
import { z } from 'zod';

/** Its database drivers deliver numbers or texts, as they please. */
const id = z.union([z.number().int(), z.string().regex(/^\d+$/)]).transform(String);
const decimal = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number),
]);
const whole = decimal.refine(Number.isInteger, 'is no whole number');
/** With microseconds; read without a zone it is UTC as well. */
const date = z
  .string()
  .transform((text) => Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text.replace(' ', 'T')}Z`))
  .refine((ms) => Number.isFinite(ms), 'is no date')
  .transform((ms) => new Date(ms).toISOString());
const optional = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? null);
/** The schema names its words in capitals. */
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
  placa: optional(z.string()),
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

/** A position as MS Despacho keeps it: it does not know the course, and dates it itself. */
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
    /** Where its ambulance is now, also where nobody posted that for this dispatch. */
    ambulanceAt: readAmbulancePosition(row.ambulancia),
    /** By time; null where the answer has no track. */
    track: row.historial_rastreo?.toSorted((a, b) => (a.recordedAt < b.recordedAt ? -1 : 1)) ?? null,
  }));

/** A dispatch as MS Despacho has it, which knows no versions. */
export type RemoteDispatch = z.infer<typeof dispatch>;

function readAmbulancePosition(found: z.infer<typeof ambulance> | null | undefined): RemotePosition | null {
  if (!found) return null;
  const { ubicacion_actual_lat: latitud, ubicacion_actual_lng: longitud, ultima_actualizacion } = found;
  if (latitud === null || longitud === null || ultima_actualizacion === null) return null;
  const unknown = { velocidad: null, altitud: null, precision: null, rumbo: null };
  return { latitud, longitud, ...unknown, recordedAt: ultima_actualizacion };
}

const page = z.object({ data: z.array(z.unknown()), last_page: z.number().int(), total: z.number().int() });

const message = z.object({ message: z.string(), data: z.unknown() });

/** What is inside `{message, data}`, which writes come in and reads do not. */
function unwrap(body: unknown): unknown {
  const { success, data } = message.safeParse(body);
  return success && data.data !== undefined ? data.data : body;
}

/** These throw when the answer has another shape. */
export const parseRemoteDispatch = (body: unknown): RemoteDispatch => dispatch.parse(unwrap(body));
export const parseRemotePosition = (body: unknown): RemotePosition => trackPoint.parse(unwrap(body));
export const parseRemotePage = (body: unknown) => page.parse(body);

const refusal = z.object({
  error: z.string().optional(),
  message: z.string().optional(),
  messages: z.record(z.string(), z.array(z.string())).optional(),
});

/** Why it refused, as far as it says so. */
export const readRefusal = (body: unknown): z.infer<typeof refusal> => refusal.safeParse(body).data ?? {};
