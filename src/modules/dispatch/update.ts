/** What subscribers and `historial` are shown of a dispatch: a change, or a snapshot. */
import type { DispatchChangeType, Recovery } from '../../generated/resolvers.ts';
import type { DispatchEvent, DispatchState } from './events.ts';

/** What the fields of DispatchUpdate are taken from. */
export interface DispatchUpdateValue extends Omit<DispatchEvent, 'changeType'> {
  readonly changeType: DispatchChangeType;
  /** Null outside a stream. */
  readonly cursor: string | null;
  readonly recovered: Recovery | null;
}

export function updateOf(event: DispatchEvent, cursor: string | null): DispatchUpdateValue {
  return { ...event, cursor, recovered: null };
}

export function snapshotOf(
  dispatch: DispatchState,
  cursor: string,
  recovered: Recovery | null,
): DispatchUpdateValue {
  return {
    cursor,
    changeType: 'SNAPSHOT',
    dispatch,
    previousEstado: null,
    actorId: null,
    timestamp: dispatch.fechaActualizacion,
    recovered,
  };
}
