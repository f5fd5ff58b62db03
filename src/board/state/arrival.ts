/** Estimates when an ambulance arrives at its next stop, from where it is and how fast it has been. */
import { stopsAhead, type Dispatch, type Location } from '../data/dispatch.ts';
import { kmBetween } from './distance.ts';

export interface Arrival {
  readonly minutes: number;
  /** As the crow flies. */
  readonly km: number;
}

/** Streets are longer than the crow's way by about this factor. */
const detour = 1.3;
/** Of an ambulance whose speed is not known, or that stands at a light, km/h. */
const usualSpeed = 30;
const movingSpeed = 5;

/** `reports`: its last positions, the newest last. Null where it drives nowhere, or nobody knows where it is. */
export function estimateArrival(dispatch: Dispatch, reports: readonly Location[]): Arrival | null {
  const [stop] = stopsAhead(dispatch, false);
  const last = reports.at(-1);
  if (!stop || !last) return null;
  const speeds = reports.flatMap(({ velocidad }) =>
    velocidad !== null && velocidad > movingSpeed ? velocidad : [],
  );
  const speed = speeds.length > 0 ? speeds.reduce((sum, one) => sum + one, 0) / speeds.length : usualSpeed;
  const km = kmBetween(last, stop);
  return { km, minutes: Math.max(1, Math.round(((km * detour) / speed) * 60)) };
}
