/** What subscribers and `historial` are shown of a dispatch: a change, or a snapshot. */
import type { DispatchChangeType } from '../../generated/resolvers.ts';
import type { PlaceOrNone, StreamPlace } from '../stream-place.ts';
import type { DispatchEvent, DispatchState } from './events.ts';

/** What the fields of DispatchUpdate are taken from. */
export type DispatchUpdateValue = Omit<DispatchEvent, 'changeType'> &
  PlaceOrNone & { readonly changeType: DispatchChangeType };

export function updateOf(event: DispatchEvent, place: PlaceOrNone): DispatchUpdateValue {
  return { ...event, ...place };
}

export function snapshotOf(dispatch: DispatchState, place: StreamPlace): DispatchUpdateValue {
  return {
    ...place,
    changeType: 'SNAPSHOT',
    dispatch,
    previousEstado: null,
    actorId: null,
    timestamp: dispatch.fechaActualizacion,
  };
}
