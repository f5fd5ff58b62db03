/** How positions are read from their rows, wherever dispatches live, and who may report one. */
import { z } from 'zod';
import { readStored } from '../../db/mutations/stored-effect.ts';
import type { LocationRow } from '../../db/tables.ts';
import { ClientError, forbidden } from '../../lib/errors.ts';
import { locationState, type LocationState } from './events.ts';
import type { StoredLocation } from './location-repository.ts';

const storedForm = z.object({
  sequence: z.number(),
  location: locationState.omit({ receivedAt: true }),
  timestamp: z.string(),
});

/** Of a mutation: a position is its own effect, since it never changes, and is no larger than what would lead to it. */
export const keptWhole = {
  effectOf: (stored: StoredLocation) => stored,
  // Effects that an earlier release kept say only beside the position when it was received.
  recall(effect: StoredLocation): Promise<StoredLocation> {
    const { location, ...stored } = readStored('what this mutation did', storedForm, effect);
    return Promise.resolve({ ...stored, location: { ...location, receivedAt: stored.timestamp } });
  },
};

/** What must be known of a dispatch before a position of it is reported. */
export interface ReportedDispatch {
  readonly estado: string;
  readonly fechaFinalizacion: string | null;
  readonly ambulancia: { readonly id: string | null } | null;
}

/** Throws FORBIDDEN or INVALID_TRANSITION, see `LocationRepository.report`. */
export function assertMayReport(dispatch: ReportedDispatch, onlyAmbulanciaId: string | null): void {
  if (onlyAmbulanciaId !== null && onlyAmbulanciaId !== dispatch.ambulancia?.id)
    throw forbidden('The dispatch is not assigned to your ambulance.');
  if (dispatch.fechaFinalizacion !== null)
    throw new ClientError('INVALID_TRANSITION', `The dispatch has ended: it is ${dispatch.estado}.`, {
      allowed: [],
    });
}

export const toStored = (row: LocationRow): StoredLocation => ({
  sequence: row.id,
  location: toState(row),
  timestamp: row.at,
});

/** The rows by dispatch, of which there is one each. */
export function toLatest(rows: readonly LocationRow[]): ReadonlyMap<string, StoredLocation> {
  return new Map(rows.map((row) => [String(row.despacho_id), toStored(row)]));
}

/** The rows by dispatch, in their order. */
export function toTracks(rows: readonly LocationRow[]): ReadonlyMap<string, LocationState[]> {
  const byDispatch = Map.groupBy(rows, (row) => String(row.despacho_id));
  return new Map([...byDispatch].map(([id, some]) => [id, some.map(toState)]));
}

function toState(row: LocationRow): LocationState {
  return {
    latitud: row.latitud,
    longitud: row.longitud,
    altitud: row.altitud,
    velocidad: row.velocidad,
    rumbo: row.rumbo,
    precision: row.precision,
    recordedAt: row.recorded_at,
    receivedAt: row.at,
  };
}
