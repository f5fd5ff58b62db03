/** Makes the positions of the bench and the operation that shows them: in each, two numbers say when it was published, and which it is. */
import type { LocationEvent } from '../src/modules/location/events.ts';

const selection = '{ despachoId location { latitud longitud altitud velocidad rumbo } timestamp }';

export const positionOperationName = 'LocationUpdated';
export const positionOperation = `subscription ${positionOperationName}($id: ID!) {
  locationUpdated(despachoId: $id) ${selection}
}`;
/** The same with cursors, for this service. */
export const resumablePositionOperation = `subscription ${positionOperationName}($id: ID!, $after: Cursor) {
  locationUpdated(despachoId: $id, after: $after) ${selection.replace('{', '{ cursor')}
}`;

const date = '2026-11-20T12:34:56.789Z';
/** Altitude and speed: no subject looks at them. */
const mark = /"altitud":(\d+),"velocidad":(\d+)/;

/** The position number `sequence` (1, 2, 3 …) of a dispatch's ambulance. `publishedUs` is of `machineUs`. */
export function createPosition(despachoId: string, sequence: number, publishedUs: number): LocationEvent {
  const [latitud, longitud] = [-16.4955 - (sequence % 1_000) / 1e5, -68.1336 + (sequence % 1_000) / 1e5];
  return {
    ...{
      sequence,
      despachoId,
      actorId: 'crew',
      timestamp: date,
      estado: 'EN_CAMINO',
      isJump: false,
      from: null,
    },
    location: {
      ...{
        latitud,
        longitud,
        altitud: Math.round(publishedUs),
        velocidad: sequence,
        rumbo: 90,
        precision: 8,
      },
      ...{ recordedAt: date, receivedAt: date },
    },
  };
}

/** What `positionOperation` selects of it: the data of a result. */
export function selectedPosition({ despachoId, location, timestamp }: LocationEvent) {
  const { latitud, longitud, altitud, velocidad, rumbo } = location;
  const selected = { latitud, longitud, altitud, velocidad, rumbo };
  return { locationUpdated: { despachoId, location: selected, timestamp } };
}

/** Undefined for a text that shows no position, such as the beginning of a stream. */
export function readPositionMark(text: string): { publishedUs: number; sequence: number } | undefined {
  const found = mark.exec(text);
  return found ? { publishedUs: Number(found[1]), sequence: Number(found[2]) } : undefined;
}

/** The channel of a dispatch's positions. */
export const positionsOf = (despachoId: string) => `location:${despachoId}`;
