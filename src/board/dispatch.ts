/** The types of a dispatch on the board, the words that are shown for its values, and what follows from its status. */

export const activeEstados = ['PENDIENTE', 'ASIGNADO', 'EN_CAMINO', 'EN_SITIO', 'TRASLADANDO'] as const;
export const endedEstados = ['COMPLETADO', 'CANCELADO'] as const;
export type Estado = (typeof activeEstados)[number] | (typeof endedEstados)[number];
export type Prioridad = 'BAJA' | 'MEDIA' | 'ALTA' | 'CRITICA';
export type Incidente = 'ACCIDENTE' | 'EMERGENCIA_MEDICA' | 'TRASLADO' | 'OTRO';

/** Degrees, WGS 84. */
export interface Point {
  readonly latitud: number;
  readonly longitud: number;
}

export interface Place extends Point {
  readonly direccion: string | null;
}

export interface Location extends Point {
  /** km/h. */
  readonly velocidad: number | null;
  /** Degrees clockwise from north. */
  readonly rumbo: number | null;
}

export interface Dispatch {
  readonly id: string;
  readonly version: number;
  readonly estado: Estado;
  readonly prioridad: Prioridad;
  readonly incidente: Incidente;
  readonly observaciones: string | null;
  readonly origen: Place;
  readonly destino: Place | null;
  readonly ambulancia: { readonly id: string; readonly placa: string | null } | null;
  readonly fechaSolicitud: string;
}

export const estadoWords: Readonly<Record<Estado, string>> = {
  PENDIENTE: 'Pendiente',
  ASIGNADO: 'Asignado',
  EN_CAMINO: 'En camino',
  EN_SITIO: 'En sitio',
  TRASLADANDO: 'Trasladando',
  COMPLETADO: 'Completado',
  CANCELADO: 'Cancelado',
};

export const prioridadWords: Readonly<Record<Prioridad, string>> = {
  BAJA: 'Baja',
  MEDIA: 'Media',
  ALTA: 'Alta',
  CRITICA: 'Crítica',
};

export const incidenteWords: Readonly<Record<Incidente, string>> = {
  ACCIDENTE: 'Accidente',
  EMERGENCIA_MEDICA: 'Emergencia médica',
  TRASLADO: 'Traslado',
  OTRO: 'Otro',
};

export const hasEnded = (estado: Estado): boolean => estado === 'COMPLETADO' || estado === 'CANCELADO';

/** The statuses that usually follow, up to COMPLETADO. */
export function estadosAhead(estado: Estado): readonly Estado[] {
  if (hasEnded(estado)) return [];
  const usual: readonly Estado[] = [...activeEstados, 'COMPLETADO'];
  return usual.slice(usual.indexOf(estado) + 1);
}

/** The place to which its ambulance drives next; with `all`, all places until the end. */
export function stopsAhead({ estado, origen, destino }: Dispatch, all: boolean): readonly Point[] {
  const isOnTheWay = estado === 'ASIGNADO' || estado === 'EN_CAMINO';
  const goesThere = destino !== null && (estado === 'TRASLADANDO' || (all && !hasEnded(estado)));
  return [...(isOnTheWay ? [origen] : []), ...(goesThere ? [destino] : [])];
}
