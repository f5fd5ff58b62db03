/** Owns the port of the record: what is promised of dispatches, wherever they live. */
import type { DispatchEvent, DispatchState, Estado } from './events.ts';
import type { NewDispatch, Prioridad } from './row.ts';

export interface ChangeOptions {
  readonly actorId: string;
  /** Change it only while its version is this one; else CONFLICT, with the version it has. */
  readonly expectedVersion: number | null;
}

export interface StatusOptions extends ChangeOptions {
  /** FORBIDDEN unless the dispatch is assigned to this ambulance; null when the actor may change every dispatch. */
  readonly onlyAmbulanciaId: string | null;
}

export interface DispatchFilter {
  readonly estado: Estado | null;
  readonly prioridad: Prioridad | null;
}

/**
 * Where dispatches live: our own database, or MS Despacho.
 *
 * - **Events**: every change is exactly one event, written durably before the method resolves; what changes nothing writes
 *   none. Versions of one dispatch have no gap, and its events are in their order.
 * - **Reads** are never older than what was told: a state has at least the version of every event that anybody has seen of
 *   that dispatch when the read began.
 * - **Errors**: ClientError as each method says, or UPSTREAM_UNAVAILABLE where the record lives in another service.
 * - `signal` calls a read off whose asker is gone; the read then rejects, or goes on for others.
 */
export interface DispatchRepository {
  create(input: NewDispatch, actorId: string): Promise<DispatchState>;

  /**
   * PENDIENTE or ASIGNADO becomes ASIGNADO. The same ambulance again, with the same plate or none named, changes nothing.
   * Rejects with NOT_FOUND, CONFLICT or INVALID_TRANSITION; with BAD_USER_INPUT where the record chooses ambulances itself.
   */
  assign(
    id: string,
    ambulancia: { readonly id: string; readonly placa: string | null },
    options: ChangeOptions,
  ): Promise<DispatchState>;

  /** The same status again changes nothing. Rejects with NOT_FOUND, FORBIDDEN, CONFLICT or INVALID_TRANSITION. */
  updateStatus(id: string, estado: Estado, options: StatusOptions): Promise<DispatchState>;

  /** Those that exist, by id. */
  find(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, DispatchState>>;

  /** The most recently requested first. */
  list(filter: DispatchFilter, limit: number, offset: number, signal?: AbortSignal): Promise<DispatchState[]>;

  /** Those that were told to have changed at `sinceMs` or later, by ascending id, behind `afterId`. */
  changedSince(sinceMs: number, afterId: string | null, limit: number): Promise<DispatchState[]>;

  /** What happened to each, newest first, at most `limit` per dispatch. A dispatch that nothing is known of is absent. */
  history(ids: readonly string[], limit: number): Promise<ReadonlyMap<string, DispatchEvent[]>>;
}
