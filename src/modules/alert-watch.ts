/** The port over which other modules say what alerts depend on: changes of dispatches and of their assignments, and positions. */
import type { Change } from '../db/change.ts';
import type { AssignmentRow } from '../db/tables/assignments.ts';
import type { DispatchStatus, Prioridad } from '../generated/resolvers.ts';

/** A dispatch as a change has left it. */
export interface WatchedDispatch {
  readonly id: string;
  readonly estado: DispatchStatus;
  readonly prioridad: Prioridad;
  readonly ambulancia: { readonly id: string } | null;
  /** When it was changed, ISO 8601 in UTC. */
  readonly fechaActualizacion: string;
}

export interface ChangedDispatch {
  readonly dispatch: WatchedDispatch;
  /** The newest one of the dispatch. */
  readonly assignment: AssignmentRow | undefined;
}

/** Draws the conclusions in the transaction of what has happened, under the lock of the dispatch. */
export interface AlertWatch {
  /** To be called before the events of the change are written. */
  onDispatches(change: Change, changed: readonly ChangedDispatch[]): Promise<void>;
  /** A position has come in that is newer than all others of the dispatch. Dates are ISO 8601 in UTC. */
  onPosition(
    change: Change,
    despachoId: number,
    position: { readonly measuredAt: string; readonly now: string },
  ): Promise<void>;
}
