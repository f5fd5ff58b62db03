/** How a dispatch is stored: its row, and the state that is read from it. */
import type { DispatchRow, NewDispatchRow } from '../../db/tables.ts';
import { storedName, storedText } from '../../db/stored-text.ts';
import { oneSpelling } from '../../lib/text/readable-text.ts';
import { haversineKm } from '../../lib/geo.ts';
import { newerVersion } from '../../lib/errors.ts';
import { estados, isEnded, prioridades, type Estado } from '../../lib/words/statuses.ts';
import { incidentes, type DispatchState } from './events.ts';

export type Prioridad = DispatchState['prioridad'];
export type Incidente = DispatchState['incidente'];
export type Place = DispatchState['origen'];

/** A dispatch to create. */
export interface NewDispatch {
  readonly origen: Readonly<Place>;
  readonly destino: Readonly<Place> | null;
  readonly prioridad: Prioridad;
  readonly incidente: Incidente;
  readonly observaciones: string | null;
}

/** Assumed from origin to destination. */
const averageKmPerHour = 40;

/** The row of a dispatch that is requested at `at`. */
export function toNewRow({ origen, destino, ...input }: NewDispatch, at: string): NewDispatchRow {
  const distanciaKm = destino && Math.round(haversineKm(origen, destino) * 100) / 100;
  return {
    estado: 'PENDIENTE',
    prioridad: input.prioridad,
    incidente: input.incidente,
    origen_latitud: origen.latitud,
    origen_longitud: origen.longitud,
    origen_direccion: storedText(origen.direccion),
    destino_latitud: destino && destino.latitud,
    destino_longitud: destino && destino.longitud,
    destino_direccion: destino && storedText(destino.direccion),
    ambulancia_id: null,
    ambulancia_placa: null,
    observaciones: storedText(input.observaciones),
    distancia_km: distanciaKm,
    tiempo_estimado_min: distanciaKm === null ? null : Math.ceil((distanciaKm * 60) / averageKmPerHour),
    tiempo_real_min: null,
    fecha_solicitud: at,
    fecha_asignacion: null,
    fecha_llegada: null,
    fecha_finalizacion: null,
    fecha_actualizacion: at,
    version: 1,
  };
}

/** @throws UPSTREAM_UNAVAILABLE, `reason: NEWER_VERSION`, where a column has a value that this version does not know */
export function toState(row: DispatchRow): DispatchState {
  return {
    id: String(row.id),
    estado: readWord(row, 'estado', words.estado),
    prioridad: readWord(row, 'prioridad', words.prioridad),
    incidente: readWord(row, 'incidente', words.incidente),
    origen: { latitud: row.origen_latitud, longitud: row.origen_longitud, direccion: row.origen_direccion },
    destino:
      row.destino_latitud === null || row.destino_longitud === null
        ? null
        : { latitud: row.destino_latitud, longitud: row.destino_longitud, direccion: row.destino_direccion },
    // Processes of an earlier release may still write other spellings.
    ambulancia:
      row.ambulancia_id === null
        ? null
        : {
            id: oneSpelling(row.ambulancia_id),
            placa: row.ambulancia_placa && oneSpelling(row.ambulancia_placa),
          },
    observaciones: row.observaciones,
    distanciaKm: row.distancia_km,
    tiempoEstimadoMin: row.tiempo_estimado_min,
    tiempoRealMin: row.tiempo_real_min,
    fechaSolicitud: row.fecha_solicitud,
    fechaAsignacion: row.fecha_asignacion,
    fechaLlegada: row.fecha_llegada,
    fechaFinalizacion: row.fecha_finalizacion,
    fechaActualizacion: row.fecha_actualizacion,
    version: row.version,
  };
}

/** Null where `toState` throws. */
export function readState(row: DispatchRow): DispatchState | null {
  const isKnown =
    words.estado.has(row.estado) && words.prioridad.has(row.prioridad) && words.incidente.has(row.incidente);
  return isKnown ? toState(row) : null;
}

/** The words that this version knows, each by itself: what a row has is another text each time, of which everything is found out anew. */
const byThemselves = <W extends string>(known: readonly W[]): ReadonlyMap<string, W> =>
  new Map(known.map((word) => [word, word]));
const words = {
  estado: byThemselves(estados),
  prioridad: byThemselves(prioridades),
  incidente: byThemselves(incidentes),
};

function readWord<W extends string>(
  row: DispatchRow,
  column: keyof typeof words,
  known: ReadonlyMap<string, W>,
): W {
  const word = known.get(row[column]);
  if (word !== undefined) return word;
  throw newerVersion(`dispatch ${row.id}`, new Error(`Its ${column} is ${JSON.stringify(row[column])}.`));
}

/** The row of a dispatch that lives in another service. */
export function toRow({ origen, destino, ambulancia, ...state }: DispatchState): DispatchRow {
  return {
    id: Number(state.id),
    estado: state.estado,
    prioridad: state.prioridad,
    incidente: state.incidente,
    origen_latitud: origen.latitud,
    origen_longitud: origen.longitud,
    origen_direccion: storedText(origen.direccion),
    destino_latitud: destino && destino.latitud,
    destino_longitud: destino && destino.longitud,
    destino_direccion: destino && storedText(destino.direccion),
    ambulancia_id: ambulancia && storedName(ambulancia.id),
    ambulancia_placa: ambulancia && storedName(ambulancia.placa),
    observaciones: storedText(state.observaciones),
    distancia_km: state.distanciaKm,
    tiempo_estimado_min: state.tiempoEstimadoMin,
    tiempo_real_min: state.tiempoRealMin,
    fecha_solicitud: state.fechaSolicitud,
    fecha_asignacion: state.fechaAsignacion,
    fecha_llegada: state.fechaLlegada,
    fecha_finalizacion: state.fechaFinalizacion,
    fecha_actualizacion: state.fechaActualizacion,
    version: state.version,
  };
}

const wholeMinutes = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / 60_000);

/** What changes together with the status: its date, of ASIGNADO the first one, and at the end how long it took. */
export function datesOf(estado: Estado, row: DispatchRow, at: string): Partial<Omit<NewDispatchRow, 'id'>> {
  if (estado === 'ASIGNADO') return { fecha_asignacion: row.fecha_asignacion ?? at };
  if (estado === 'EN_SITIO') return { fecha_llegada: at };
  if (!isEnded(estado)) return {};
  const took =
    estado === 'COMPLETADO' && row.fecha_asignacion !== null && row.fecha_llegada !== null
      ? wholeMinutes(row.fecha_asignacion, row.fecha_llegada)
      : null;
  return { fecha_finalizacion: at, tiempo_real_min: took };
}
