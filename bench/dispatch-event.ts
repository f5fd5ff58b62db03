/** Owns the events of the bench: what is published, which 13 fields of it are asked for, and the mark that dates them. */
import type { DispatchEvent } from '../src/modules/dispatch/events.ts';

const selection = `{
    changeType previousEstado actorId timestamp
    dispatch { id estado prioridad incidente observaciones distanciaKm tiempoEstimadoMin fechaActualizacion version }
  }`;

export const operationName = 'DispatchUpdated';
/** What every GraphQL contestant is asked. */
export const operation = `subscription ${operationName}($id: ID!) {
  dispatchUpdated(id: $id) ${selection}
}`;
/** The same with cursors, for a service that can go on where a client stopped. */
export const resumableOperation = `subscription ${operationName}($id: ID!, $after: Cursor) {
  dispatchUpdated(id: $id, after: $after) ${selection.replace('{', '{ cursor')}
}`;

/** Stands in no event but right before the mark. */
export const markByte = 0x40;
const usDigits = 16;
const sequenceDigits = 9;

const estados = ['EN_CAMINO', 'EN_SITIO'] as const;
const fecha = '2026-11-20T12:34:56.789Z';

/** A mark that carries when the event was published, microseconds of the machine's clock, and which one of its topic it is. */
export function createMark(publishedUs: number, sequence: number): string {
  const us = String(Math.round(publishedUs)).padStart(usDigits, '0');
  return `@${us}:${String(sequence).padStart(sequenceDigits, '0')}`;
}

function readDigits(buffer: Buffer, start: number, digits: number): number {
  let value = 0;
  for (let at = start; at < start + digits; at += 1) value = value * 10 + buffer[at]! - 48;
  return value;
}

/** `at` is where the mark's first byte stands. */
export function readPublishedUs(buffer: Buffer, at: number): number {
  return readDigits(buffer, at + 1, usDigits);
}

/** `at` is where the mark's first byte stands. */
export function readSequence(buffer: Buffer, at: number): number {
  return readDigits(buffer, at + usDigits + 2, sequenceDigits);
}

/** The machine's own clock, the same for all of its processes, in microseconds. */
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
export function selectedData({ changeType, previousEstado, actorId, timestamp, dispatch }: DispatchEvent) {
  const { id, estado, prioridad, incidente, observaciones, distanciaKm, tiempoEstimadoMin } = dispatch;
  const { fechaActualizacion, version } = dispatch;
  return {
    dispatchUpdated: {
      changeType,
      previousEstado,
      actorId,
      timestamp,
      dispatch: {
        ...{ id, estado, prioridad, incidente, observaciones, distanciaKm, tiempoEstimadoMin },
        fechaActualizacion,
        version,
      },
    },
  };
}

/** The channel, room or topic of a dispatch. */
export const topicOf = (id: string) => `dispatch:${id}`;
