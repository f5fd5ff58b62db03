/** Makes the dispatches that are queried over HTTP: the input for this service, and ready-made objects for the other subjects. */
import { haversineKm } from '../src/lib/geo.ts';

export interface DispatchInput {
  readonly origen: { readonly latitud: number; readonly longitud: number; readonly direccion: string };
  readonly destino: DispatchInput['origen'];
  readonly prioridad: string;
  readonly incidente: string;
  readonly observaciones: string;
}

export const heldDispatches = 100;

/** The input of `createDispatch` for dispatch number `number` (1, 2, 3 …). */
export function dispatchInput(number: number): DispatchInput {
  return {
    origen: { latitud: -16.4955, longitud: -68.1336, direccion: `Av. 16 de Julio ${number}, La Paz` },
    destino: { latitud: -16.5205, longitud: -68.1123, direccion: 'Hospital Obrero Nº 1, La Paz' },
    prioridad: 'ALTA',
    incidente: 'ACCIDENTE',
    observaciones: 'Colisión, dos heridos',
  };
}

function createDispatch(number: number) {
  const fecha = new Date(Date.UTC(2026, 10, 20, 12, 0, number)).toISOString();
  const input = dispatchInput(number);
  const distanciaKm = Math.round(haversineKm(input.origen, input.destino) * 100) / 100;
  return {
    id: String(number),
    estado: 'PENDIENTE',
    ...input,
    ambulancia: null,
    distanciaKm,
    tiempoEstimadoMin: Math.ceil((distanciaKm * 60) / 40),
    tiempoRealMin: null,
    fechaSolicitud: fecha,
    fechaAsignacion: null,
    fechaLlegada: null,
    fechaFinalizacion: null,
    fechaActualizacion: fecha,
    version: 1,
  };
}

/** What the other subjects have in their record. */
export const allDispatches = Array.from({ length: heldDispatches }, (_, index) => createDispatch(index + 1));

export type BenchDispatch = (typeof allDispatches)[number];
