/** Makes dispatches and positions as the board holds them. */
import type { Dispatch, Location } from '../../src/board/data/dispatch.ts';

export function boardDispatch(id: string, change: Partial<Dispatch> = {}): Dispatch {
  return {
    ...{ id, version: 1, estado: 'PENDIENTE', prioridad: 'MEDIA', incidente: 'OTRO', observaciones: null },
    origen: { latitud: -16.5, longitud: -68.15, direccion: null },
    ...{ destino: null, ambulancia: null, assignment: null, fechaAsignacion: null, fechaLlegada: null },
    fechaSolicitud: `2026-11-24T10:0${id}:00.000Z`,
    fechaActualizacion: `2026-11-24T11:0${id}:00.000Z`,
    ...change,
  };
}

export const boardLocation = (latitud: number, longitud: number, velocidad = 40): Location => ({
  ...{ latitud, longitud, velocidad, rumbo: 90 },
  receivedAt: '2026-11-24T10:00:00.000Z',
});
