/** Makes the events of the bench and the operation that selects 13 of their fields; a mark in each event says when it was published. */
import type { DispatchEvent } from '../src/modules/dispatch/events.ts';

const selection = `{
    changeType previousEstado actorId timestamp
    dispatch { id estado prioridad incidente observaciones distanciaKm tiempoEstimadoMin fechaActualizacion version }
  }`;

export const operationName = 'DispatchUpdated';
/** The subscription that every GraphQL subject gets. */
export const operation = `subscription ${operationName}($id: ID!) {
  dispatchUpdated(id: $id) ${selection}
}`;
/** The same with cursors, for this service, which can resume where a client stopped. */
export const resumableOperation = `subscription ${operationName}($id: ID!, $after: Cursor) {
  dispatchUpdated(id: $id, after: $after) ${selection.replace('{', '{ cursor')}
}`;

export const boardOperationName = 'DispatchesUpdated';
/** Everything that happens, to every dispatch: what a board shows. */
export const boardOperation = `subscription ${boardOperationName} { dispatchesUpdated ${selection} }`;
/** The same with cursors, for this service. */
export const resumableBoardOperation = `subscription ${boardOperationName}($after: Cursor) {
  dispatchesUpdated(after: $after) ${selection.replace('{', '{ cursor')}
}`;

/** The first byte of a mark. It occurs nowhere else in an event. */
export const markByte = 0x40;
const usDigits = 16;
const sequenceDigits = 9;

const estados = ['EN_CAMINO', 'EN_SITIO'] as const;
const fecha = '2026-11-20T12:34:56.789Z';

/** A text inside the event: when it was published (`machineUs`), and its number in its topic. */
export function createMark(publishedUs: number, sequence: number): string {
  const us = String(Math.round(publishedUs)).padStart(usDigits, '0');
  return `@${us}:${String(sequence).padStart(sequenceDigits, '0')}`;
}

function readDigits(buffer: Buffer, start: number, digits: number): number {
  let value = 0;
  for (let at = start; at < start + digits; at += 1) value = value * 10 + buffer[at]! - 48;
  return value;
}

/** When the event was published. `at` is the position of the mark's first byte. */
export function readPublishedUs(buffer: Buffer, at: number): number {
  return readDigits(buffer, at + 1, usDigits);
}

/** The event's number in its topic. `at` is the position of the mark's first byte. */
export function readSequence(buffer: Buffer, at: number): number {
  return readDigits(buffer, at + usDigits + 2, sequenceDigits);
}

/** The monotonic clock of the machine in microseconds; all processes read the same one. */
export function machineUs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}

/** The event number `sequence` (1, 2, 3 …) of a dispatch. */
export function createEvent(id: string, sequence: number, publishedUs: number): DispatchEvent {
  const estado = estados[sequence % 2]!;
  return {
    changeType: 'STATUS_CHANGED',
    previousEstado: estados[(sequence + 1) % 2]!,
    actorId: 'ana',
    timestamp: fecha,
    dispatch: {
      id,
      estado,
      prioridad: 'ALTA',
      incidente: 'EMERGENCIA_MEDICA',
      origen: { latitud: -16.4955, longitud: -68.1336, direccion: 'Av. 16 de Julio 1490, La Paz' },
      destino: { latitud: -16.5205, longitud: -68.1123, direccion: 'Hospital Obrero Nº 1, La Paz' },
      ambulancia: { id: 'M36', placa: '1234-ABC' },
      observaciones: `Dolor torácico, 54 años ${createMark(publishedUs, sequence)}`,
      distanciaKm: 3.58,
      tiempoEstimadoMin: 6,
      tiempoRealMin: null,
      fechaSolicitud: fecha,
      fechaAsignacion: fecha,
      fechaLlegada: null,
      fechaFinalizacion: null,
      fechaActualizacion: fecha,
      // The first one is the dispatch as it was created.
      version: sequence + 1,
    },
  };
}

/** What `operation` selects of an event: the data of a result. */
export const selectedData = (event: DispatchEvent) => ({ dispatchUpdated: selectedChange(event) });

/** What all operations select of a change. */
export function selectedChange({ changeType, previousEstado, actorId, timestamp, dispatch }: DispatchEvent) {
  const { id, estado, prioridad, incidente, observaciones, distanciaKm, tiempoEstimadoMin } = dispatch;
  const { fechaActualizacion, version } = dispatch;
  return {
    changeType,
    previousEstado,
    actorId,
    timestamp,
    dispatch: {
      ...{ id, estado, prioridad, incidente, observaciones, distanciaKm, tiempoEstimadoMin },
      fechaActualizacion,
      version,
    },
  };
}

/** The channel, room or topic of a dispatch. */
export const topicOf = (id: string) => `dispatch:${id}`;

/** The channel of all changes. */
export const boardChannel = 'dispatches';
