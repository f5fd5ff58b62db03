/** What subscribers are shown of positions: a new one, or the last known one. */
import type { StreamPlace } from '../stream-place.ts';
import type { LocationEvent, LocationState } from './events.ts';

/** What the fields of LocationUpdate are taken from. */
export interface LocationUpdateValue extends StreamPlace {
  readonly despachoId: string;
  /** Null only in a snapshot, when no position was reported yet. */
  readonly location: LocationState | null;
  readonly timestamp: string;
  readonly snapshot: boolean;
}

export function updateOf(
  { despachoId, location, timestamp }: LocationEvent,
  place: StreamPlace,
): LocationUpdateValue {
  return { ...place, despachoId, location, timestamp, snapshot: false };
}
