/** What subscribers are shown of positions: a new one, or the last known one. */
import type { Recovery } from '../../generated/resolvers.ts';
import type { LocationEvent, LocationState } from './events.ts';

/** What the fields of LocationUpdate are taken from. */
export interface LocationUpdateValue {
  readonly cursor: string;
  readonly despachoId: string;
  /** Null only in a snapshot, when no position was reported yet. */
  readonly location: LocationState | null;
  readonly timestamp: string;
  readonly snapshot: boolean;
  readonly recovered: Recovery | null;
}

export function updateOf(
  { despachoId, location, timestamp }: LocationEvent,
  cursor: string,
): LocationUpdateValue {
  return { cursor, despachoId, location, timestamp, snapshot: false, recovered: null };
}
