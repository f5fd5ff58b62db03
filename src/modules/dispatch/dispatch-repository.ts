/** The port of dispatches: what is promised of them, wherever they live. */
import type { MutationKey } from '../../lib/mutation-key.ts';
import type { Estado } from '../../lib/words/statuses.ts';
import type { DispatchEvent, DispatchState } from './events.ts';
import type { NewDispatch, Prioridad } from './row.ts';

export interface ChangeOptions {
  readonly actorId: string;
  /** CONFLICT, with the version it has, unless the dispatch has this version; null to change any version. */
  readonly expectedVersion: number | null;
  readonly key?: MutationKey | null;
}

export interface StatusOptions extends ChangeOptions {
  /** FORBIDDEN unless the dispatch is assigned to this ambulance; null when the actor may change every dispatch. */
  readonly onlyAmbulanciaId: string | null;
}

export interface DispatchFilter {
  readonly estado: Estado | null;
  readonly prioridad: Prioridad | null;
}

export type ChangedDispatch = Pick<DispatchState, 'id' | 'prioridad'>;

/**
 * Where dispatches live: our own database, or MS Despacho.
 *
 * - **Events**: every change is exactly one event, written durably before the method resolves. What changes nothing writes
 *   no event. Versions of one dispatch have no gap, and its events are in their order.
 * - **Reads** are never older than what was published: a state has at least the version of every event of that dispatch
 *   that anybody was sent before the read began.
 * - **Keys**: a change with a key is made once. Who asks for it again gets what the first one got, whatever has happened since.
 *   What was refused is not kept.
 * - **Errors**: ClientError as each method says, or UPSTREAM_UNAVAILABLE where dispatches live in another service.
 * - `signal` cancels a read whose caller has left: it rejects, and goes on only for other callers.
 */
export interface DispatchRepository {
  create(input: NewDispatch, actorId: string, key?: MutationKey | null): Promise<DispatchState>;

  /**
   * PENDIENTE or ASIGNADO becomes ASIGNADO. The same ambulance again, with the same plate or none named, changes nothing.
   * Rejects with NOT_FOUND, CONFLICT or INVALID_TRANSITION; with BAD_USER_INPUT where MS Despacho chooses the ambulance; with
   * AMBULANCE_BUSY where an ambulance is on one dispatch at a time, and on another one.
   */
  assign(
    id: string,
    ambulancia: { readonly id: string; readonly placa: string | null },
    options: ChangeOptions,
  ): Promise<DispatchState>;

  /** The same status again changes nothing. Rejects with NOT_FOUND, FORBIDDEN, CONFLICT or INVALID_TRANSITION. */
  updateStatus(id: string, estado: Estado, options: StatusOptions): Promise<DispatchState>;

  /** Those that exist, by id; and maybe others, for which somebody asks at the same time. */
  find(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, DispatchState>>;

  /** The most recently requested first. */
  list(filter: DispatchFilter, limit: number, offset: number, signal?: AbortSignal): Promise<DispatchState[]>;

  /**
   * Which have a change that was published at `sinceMs` or later, at most `limit` of them, by ascending id. Takes no longer
   * however many dispatches there are.
   */
  changedSince(sinceMs: number, limit: number): Promise<ChangedDispatch[]>;

  /** The same, as they were last published: no other service is asked. */
  findPublished(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, DispatchState>>;

  /** The events of each, newest first, at most `limit` per dispatch. A dispatch without any is absent. */
  history(
    ids: readonly string[],
    limit: number,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, DispatchEvent[]>>;
}
