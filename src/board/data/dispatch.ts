/** The types of a dispatch on the board, and what follows from its status. */

export const activeEstados = ['PENDIENTE', 'ASIGNADO', 'EN_CAMINO', 'EN_SITIO', 'TRASLADANDO'] as const;
export const endedEstados = ['COMPLETADO', 'CANCELADO'] as const;
/** The most urgent comes first. */
export const prioridades = ['CRITICA', 'ALTA', 'MEDIA', 'BAJA'] as const;
export const incidentes = ['ACCIDENTE', 'EMERGENCIA_MEDICA', 'TRASLADO', 'OTRO'] as const;
export type ActiveEstado = (typeof activeEstados)[number];
export type Estado = ActiveEstado | (typeof endedEstados)[number];
export type Prioridad = (typeof prioridades)[number];
export type Incidente = (typeof incidentes)[number];

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
  /** When the service received it, ISO 8601. */
  readonly receivedAt: string;
}

export interface Ambulance {
  readonly id: string;
  readonly placa: string | null;
}

export type Answer = 'PENDING' | 'ACCEPTED' | 'DECLINED' | 'EXPIRED';

/** An ambulance was sent. Dates are ISO 8601. */
export interface Assignment {
  readonly id: string;
  readonly ambulancia: Pick<Ambulance, 'id'>;
  readonly answer: Answer;
  readonly answeredAt: string | null;
  readonly reason: string | null;
  readonly seenAt: string | null;
  /** When an answer is due; null where nothing is escalated. */
  readonly deadline: string | null;
  /** How far it was escalated: 0 is not at all, 3 to all dispatchers. */
  readonly level: number;
  readonly nextLevelAt: string | null;
  readonly endedAt: string | null;
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
  readonly ambulancia: Ambulance | null;
  /** The newest one. */
  readonly assignment: Assignment | null;
  readonly fechaSolicitud: string;
  readonly fechaAsignacion: string | null;
  readonly fechaLlegada: string | null;
  readonly fechaActualizacion: string;
}

export const hasEnded = (estado: Estado): boolean => estado === 'COMPLETADO' || estado === 'CANCELADO';

/** Whether its crew was sent, and has not said that it goes. */
export const isAwaited = ({ estado, assignment }: Dispatch): boolean =>
  estado === 'ASIGNADO' && assignment?.endedAt === null && assignment.answer !== 'ACCEPTED';

/** The statuses that usually follow, up to COMPLETADO. */
export function estadosAhead(estado: Estado): readonly Estado[] {
  if (hasEnded(estado)) return [];
  const usual: readonly Estado[] = [...activeEstados, 'COMPLETADO'];
  return usual.slice(usual.indexOf(estado) + 1);
}

/** The statuses that may follow at once, as the schema says, but for those that only an assignment leads to. */
export function estadosNext(estado: Estado): readonly Estado[] {
  if (estado === 'ASIGNADO') return ['EN_CAMINO'];
  if (estado === 'EN_CAMINO') return ['EN_SITIO'];
  if (estado === 'EN_SITIO') return ['TRASLADANDO', 'COMPLETADO'];
  return estado === 'TRASLADANDO' ? ['COMPLETADO'] : [];
}

/** The place to which its ambulance drives next; with `all`, all places until the end. */
export function stopsAhead({ estado, origen, destino }: Dispatch, all: boolean): readonly Point[] {
  const isOnTheWay = estado === 'ASIGNADO' || estado === 'EN_CAMINO';
  const goesThere = destino !== null && (estado === 'TRASLADANDO' || (all && !hasEnded(estado)));
  return [...(isOnTheWay ? [origen] : []), ...(goesThere ? [destino] : [])];
}

/**
 * Since when it has been in its status, as far as the dispatch itself tells: for EN_CAMINO and TRASLADANDO that is when it was last
 * changed, at the latest.
 */
export function sinceOf(dispatch: Dispatch): string {
  const { estado, fechaSolicitud, fechaAsignacion, fechaLlegada, fechaActualizacion } = dispatch;
  if (estado === 'PENDIENTE') return fechaSolicitud;
  const known = estado === 'ASIGNADO' ? fechaAsignacion : estado === 'EN_SITIO' ? fechaLlegada : null;
  return known ?? fechaActualizacion;
}
