/** Says when an ambulance arrives, as far as that can be told from where it is. */
import type { Eta } from '../../../generated/resolvers.ts';
import { haversineKm, type Coordinates } from '../../../lib/geo.ts';
import type { DispatchState } from '../events.ts';

/**
 * The port for whoever knows the roads. `basis` names what it goes by. Rejects where it cannot tell for now: then only the field of the
 * arrival is an error, and nothing else waits for it. It is called for each event that shows an arrival, on each process.
 */
export interface TravelTimes {
  readonly basis: Eta['basis'];
  /** How long the drive takes, seconds; null where it does not know. */
  secondsBetween(from: Coordinates, to: Coordinates): number | null | Promise<number | null>;
}

/** A factor that was learnt from finished drives was further off: see `docs/decisions/0013-arrival-at-a-constant-speed.md`. */
const kmPerHour = 40;

/** Asks nobody: the great circle, at a constant speed. */
export const constantSpeed: TravelTimes = {
  basis: 'CONSTANT_SPEED',
  secondsBetween: (from, to) => Math.round((haversineKm(from, to) / kmPerHour) * 3_600),
};

/** Where it was, and when, ISO 8601 in UTC. */
export interface SeenAt extends Coordinates {
  readonly recordedAt: string;
  readonly receivedAt: string;
}

/** Where the ambulance is going; null where that is nowhere, or nobody knows it. */
export function headingFor({ estado, origen, destino }: DispatchState): Coordinates | null {
  if (estado === 'EN_CAMINO') return origen;
  return estado === 'TRASLADANDO' ? destino : null;
}

/** The same on every process: it counts from when the position was measured, and not from now. */
export async function etaFrom(seen: SeenAt, to: Coordinates, times: TravelTimes): Promise<Eta | null> {
  const seconds = await times.secondsBetween(seen, to);
  if (seconds === null) return null;
  // Dated later than it arrived, a position counts as of its arrival.
  const computedAt = seen.recordedAt < seen.receivedAt ? seen.recordedAt : seen.receivedAt;
  return { seconds, computedAt, basis: times.basis };
}
