/** Dispatches that live in MS Despacho: they are read and changed there, and every change becomes an event here. */
import type { Database } from '../../../db/database.ts';
import type { RemoteMutation, RemoteMutations, Send } from '../../../db/mutations/remote-mutations.ts';
import { badUserInput, notFound } from '../../../lib/errors.ts';
import type { MutationKey } from '../../../lib/mutation-key.ts';
import type { Estado } from '../../../lib/words/statuses.ts';
import { surelyDidNotHappen } from '../../../upstreams/failure.ts';
import type { RemoteDispatch } from '../../../upstreams/ms-despacho-shapes.ts';
import type {
  ChangedDispatch,
  ChangeOptions,
  DispatchFilter,
  DispatchRepository,
  StatusOptions,
} from '../dispatch-repository.ts';
import { SharedReads } from '../../../lib/turns/shared-reads.ts';
import { assertServedBy, assertVersion, type SqlDispatchRepository } from '../dispatch-repository-sql.ts';
import { dispatchEffectOf, recallDispatch, type DispatchEffect } from '../effect.ts';
import type { DispatchEvent, DispatchState } from '../events.ts';
import type { Reconciliation } from '../notifications/reconcile.ts';
import type { NewDispatch } from '../row.ts';
import { assertAssignable, assertTransition } from '../status.ts';
import { DispatchReader, type DispatchReaderOptions } from './dispatch-reader.ts';
import type { Author, PendingChange, PendingChanges } from './pending-changes.ts';
import type { Reconciled } from './published-dispatches.ts';

export interface MsDespachoDispatchRepositoryOptions extends DispatchReaderOptions {
  readonly database: Database;
  readonly mutations: RemoteMutations;
  readonly pending: PendingChanges;
  /** Reads what was published: the local copies of dispatches, and their events. */
  readonly copies: Pick<SqlDispatchRepository, 'changedSince' | 'find' | 'history'>;
}

/** The dispatches among which one is looked for whose creation was sent, and not answered. */
const newestForLook = 50;

export class MsDespachoDispatchRepository implements DispatchRepository {
  readonly #options: MsDespachoDispatchRepositoryOptions;
  readonly #reader: DispatchReader;
  /** A router asks for the same at once for each of its clients. */
  readonly #reads: SharedReads<DispatchState>;

  constructor(options: MsDespachoDispatchRepositoryOptions) {
    this.#options = options;
    this.#reader = new DispatchReader(options);
    this.#reads = new SharedReads((ids, signal) => this.#reader.find(ids, signal));
  }

  /** See `DispatchReader.close`. */
  close(): void {
    this.#reader.close();
  }

  create(input: NewDispatch, actorId: string, key: MutationKey | null = null): Promise<DispatchState> {
    const { client, published, pending } = this.#options;
    return this.#once(key, {
      run: async (send) => {
        await published.loadBaseline();
        const author = { actorId, key };
        const pendingChange = await pending.beginCreation(input.origen, author);
        return this.#carryOut(pendingChange, async () => {
          const created = await send(() => client.create(toBody(input)));
          return published.publish(await this.#complete(created), author);
        });
      },
      look: () => this.list({ estado: null, prioridad: null }, newestForLook, 0),
    });
  }

  assign(
    id: string,
    ambulancia: { readonly id: string; readonly placa: string | null },
    options: ChangeOptions,
  ): Promise<DispatchState> {
    return this.#once(options.key, {
      run: async (send) => {
        const state = await this.#mustFind(id);
        assertVersion(state, options.expectedVersion);
        assertAssignable(state.estado);
        assertChosen(state, ambulancia.id);
        return this.#updateStatus(id, 'ASIGNADO', { ...options, onlyAmbulanciaId: null }, send);
      },
      look: () => this.find([id]),
    });
  }

  updateStatus(id: string, estado: Estado, options: StatusOptions): Promise<DispatchState> {
    return this.#once(options.key, {
      run: (send) => this.#updateStatus(id, estado, options, send),
      look: () => this.find([id]),
    });
  }

  /** What is published has its effect kept in the same transaction; what changed nothing is kept afterwards. */
  #once(
    key: MutationKey | null | undefined,
    { run, look }: Pick<RemoteMutation<DispatchState, DispatchEffect>, 'run' | 'look'>,
  ): Promise<DispatchState> {
    const { mutations, database } = this.#options;
    return mutations.run<DispatchState, DispatchEffect>(key ?? null, {
      ...{ run, look },
      effectOf: (state) => dispatchEffectOf(state, { eventId: null, query: database.query }),
      recall: (effect) => recallDispatch(effect, database.query),
    });
  }

  #updateStatus(id: string, estado: Estado, options: StatusOptions, send: Send): Promise<DispatchState> {
    return this.#options.pending.withLock(id, async () => {
      for (;;) {
        const state = await this.#mustFind(id);
        assertServedBy(state, options.onlyAmbulanciaId);
        assertVersion(state, options.expectedVersion);
        if (state.estado === estado) return state;
        assertTransition(state.estado, estado);
        const { actorId, key = null } = options;
        const changed = await this.#changeStatus(state, estado, { actorId, key }, send);
        if (changed) return changed;
      }
    });
  }

  /** Resolves with null when the dispatch was changed by another process before this change could begin. */
  async #changeStatus(
    { id, version }: DispatchState,
    estado: Estado,
    author: Author,
    send: Send,
  ): Promise<DispatchState | null> {
    const { client, published, pending } = this.#options;
    const pendingChange = await pending.begin(id, estado, author);
    return this.#carryOut(pendingChange, async () => {
      if ((await published.find([id])).get(id)?.version !== version) return null;
      const changed = await send(() => client.changeStatus(id, estado));
      if (!changed) throw notFound('dispatch', id);
      return published.publish(await this.#complete(changed), author);
    });
  }

  find(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, DispatchState>> {
    return this.#reads.read(ids, signal);
  }

  list(
    filter: DispatchFilter,
    limit: number,
    offset: number,
    signal?: AbortSignal,
  ): Promise<DispatchState[]> {
    return this.#reader.list(filter, limit, offset, signal);
  }

  changedSince(sinceMs: number, limit: number): Promise<ChangedDispatch[]> {
    return this.#options.copies.changedSince(sinceMs, limit);
  }

  findPublished(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, DispatchState>> {
    return this.#options.copies.find(ids, signal);
  }

  history(
    ids: readonly string[],
    limit: number,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, DispatchEvent[]>> {
    return this.#options.copies.history(ids, limit, signal);
  }

  /** See `DispatchReader.reconcile`. */
  reconcile(despachoId: string, actorId: string): Promise<Reconciliation> {
    return this.#reader.reconcile(despachoId, actorId);
  }

  /** See `DispatchReader.rereadIfPartial`. */
  rereadIfPartial(reconciled: Reconciled): void {
    this.#reader.rereadIfPartial(reconciled);
  }

  async #mustFind(id: string): Promise<DispatchState> {
    const state = (await this.find([id])).get(id);
    if (!state) throw notFound('dispatch', id);
    return state;
  }

  /** The dispatch with its ambulance, which MS Despacho leaves out of its answer to a creation. */
  async #complete(remote: RemoteDispatch): Promise<RemoteDispatch['state']> {
    if (remote.isComplete) return remote.state;
    return ((await this.#options.client.show(remote.state.id)) ?? remote).state;
  }

  /** Carries out a change that was begun. Where its outcome is not known, whoever detects the change publishes it. */
  async #carryOut<T>(pendingChange: PendingChange, change: () => Promise<T>): Promise<T> {
    try {
      const value = await change();
      await this.#endPending(pendingChange, true);
      return value;
    } catch (error) {
      await this.#endPending(pendingChange, surelyDidNotHappen(error));
      throw error;
    }
  }

  async #endPending(pendingChange: PendingChange, isOutcomeKnown: boolean): Promise<void> {
    const { pending, log } = this.#options;
    try {
      await (isOutcomeKnown ? pending.end(pendingChange) : pending.abandon(pendingChange));
    } catch (error) {
      log.warn(
        { err: error, key: pendingChange.key },
        'a pending change could not be ended; its lease ends it',
      );
    }
  }
}

function assertChosen({ ambulancia }: DispatchState, ambulanciaId: string): void {
  if (ambulancia?.id === ambulanciaId) return;
  throw badUserInput(
    'MS Despacho chooses the ambulance when a dispatch is created; no other can be assigned.',
    { field: 'ambulanciaId', ambulanciaId: ambulancia?.id ?? null },
  );
}

function toBody({ origen, destino, prioridad, incidente, observaciones }: NewDispatch) {
  return {
    ubicacion_origen_lat: origen.latitud,
    ubicacion_origen_lng: origen.longitud,
    ...(origen.direccion !== null && { direccion_origen: origen.direccion }),
    ...(destino && {
      ubicacion_destino_lat: destino.latitud,
      ubicacion_destino_lng: destino.longitud,
      ...(destino.direccion !== null && { direccion_destino: destino.direccion }),
    }),
    prioridad: prioridad.toLowerCase(),
    incidente: incidente.toLowerCase(),
    ...(observaciones !== null && { observaciones }),
  };
}
