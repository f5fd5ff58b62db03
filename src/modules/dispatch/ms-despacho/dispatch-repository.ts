/** Owns the dispatches of MS Despacho: every change of one, and how they are read. */
import { readRowId } from '../../../db/row-id.ts';
import { badUserInput, ClientError, notFound } from '../../../lib/errors.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../observability/log.ts';
import { SharedCalls } from '../../../lib/shared-calls.ts';
import { createSemaphore } from '../../../lib/semaphore.ts';
import type { MsDespacho } from '../../../upstreams/ms-despacho.ts';
import type { RemoteDispatch } from '../../../upstreams/ms-despacho-shapes.ts';
import type {
  ChangeOptions,
  DispatchRepository,
  DispatchFilter,
  StatusOptions,
} from '../dispatch-repository.ts';
import type { DispatchEvent, DispatchState, Estado } from '../events.ts';
import type { PendingChange, PendingChanges } from './pending-changes.ts';
import { assertServedBy, assertVersion, type SqlDispatchRepository } from '../dispatch-repository-sql.ts';
import type { Reconciliation } from '../notifications/reconcile.ts';
import { planPages } from './page.ts';
import type { NewDispatch } from '../row.ts';
import { assertAssignable, assertTransition } from '../status.ts';
import type { Reconciled, PublishedDispatches } from './published-dispatches.ts';

export interface MsDespachoDispatchRepositoryOptions {
  readonly client: MsDespacho;
  readonly published: PublishedDispatches;
  readonly pending: PendingChanges;
  /** Reads what was told: the copies, and the events behind them. */
  readonly copies: Pick<SqlDispatchRepository, 'changedSince' | 'history'>;
  /** Takes over what a dispatch in full tells of its positions. */
  readonly onShown: (found: RemoteDispatch) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Who changed what nobody here changed. */
export const serviceActor = 'ms-despacho';
/** A change is written in two steps: what was noticed is read this much later, milliseconds. */
const settlingMs = 250;
/** Dispatches that one read of several asks for at a time. */
const maxShowsAtOnce = 8;
/** How often a dispatch whose status has no date yet is read again before it is taken as it is. */
const maxPartialReads = 3;

export class MsDespachoDispatchRepository implements DispatchRepository {
  readonly #options: MsDespachoDispatchRepositoryOptions;
  readonly #shows = new SharedCalls<DispatchState | null>();
  readonly #waits = new Set<() => void>();
  readonly #rereads = new Map<string, Promise<Reconciliation>>();
  #closed = false;

  constructor(options: MsDespachoDispatchRepositoryOptions) {
    this.#options = options;
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#waits) end();
  }

  async create(input: NewDispatch, actorId: string): Promise<DispatchState> {
    const { client, published, pending } = this.#options;
    await published.loadBaseline();
    const place = await pending.beginCreation(input.origen, actorId);
    return this.#publishing(place, async () => {
      const created = await client.create(toBody(input));
      return published.publish(await this.#whole(created), actorId);
    });
  }

  async assign(
    id: string,
    ambulancia: { readonly id: string; readonly placa: string | null },
    options: ChangeOptions,
  ): Promise<DispatchState> {
    const state = await this.#mustFind(id);
    assertVersion(state, options.expectedVersion);
    assertAssignable(state.estado);
    if (state.ambulancia?.id !== ambulancia.id)
      throw badUserInput(
        'MS Despacho chooses the ambulance when a dispatch is created; no other can be assigned.',
        {
          field: 'ambulanciaId',
          ambulanciaId: state.ambulancia?.id ?? null,
        },
      );
    return this.updateStatus(id, 'ASIGNADO', { ...options, onlyAmbulanciaId: null });
  }

  updateStatus(id: string, estado: Estado, options: StatusOptions): Promise<DispatchState> {
    return this.#options.pending.withLock(id, async () => {
      for (;;) {
        const state = await this.#mustFind(id);
        assertServedBy(state, options.onlyAmbulanciaId);
        assertVersion(state, options.expectedVersion);
        if (state.estado === estado) return state;
        assertTransition(state.estado, estado);
        const changed = await this.#changeStatus(state, estado, options.actorId);
        if (changed) return changed;
      }
    });
  }

  /** Resolves with null when the dispatch has changed before its place among the pending changes was taken. */
  async #changeStatus(
    { id, version }: DispatchState,
    estado: Estado,
    actorId: string,
  ): Promise<DispatchState | null> {
    const { client, published, pending } = this.#options;
    const place = await pending.begin(id, estado, actorId);
    return this.#publishing(place, async () => {
      if ((await published.find([id])).get(id)?.version !== version) return null;
      const changed = await client.changeStatus(id, estado);
      if (!changed) throw notFound('dispatch', id);
      return published.publish(await this.#whole(changed), actorId);
    });
  }

  async find(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, DispatchState>> {
    const known = [...new Set(ids)].filter((id) => readRowId(id) !== undefined);
    // Many at once would leave no room for others.
    const inTurn = createSemaphore(maxShowsAtOnce);
    const found = await Promise.all(known.map((id) => inTurn(() => this.#show(id, signal))));
    return new Map(found.flatMap((state) => (state ? [[state.id, state]] : [])));
  }

  async list(
    filter: DispatchFilter,
    limit: number,
    offset: number,
    signal?: AbortSignal,
  ): Promise<DispatchState[]> {
    const { client, published } = this.#options;
    const since = await published.position();
    const { pages, skip } = planPages(limit, offset);
    const read = await Promise.all(pages.map((page) => client.page(filter, page, { signal })));
    const rows = read.flatMap(({ dispatches }) => dispatches).slice(skip, skip + limit);
    const reconciled = await published.reconcile(
      rows.map(({ state }) => state),
      { since, actorId: serviceActor },
    );
    return reconciled.map((each) => this.#shown(each));
  }

  changedSince(sinceMs: number, afterId: string | null, limit: number): Promise<DispatchState[]> {
    return this.#options.copies.changedSince(sinceMs, afterId, limit);
  }

  history(ids: readonly string[], limit: number): Promise<ReadonlyMap<string, DispatchEvent[]>> {
    return this.#options.copies.history(ids, limit);
  }

  /**
   * Somebody says that the dispatch has changed: it is read a moment later, once however many say so meanwhile. Rejects
   * when it can't be read.
   */
  reconcile(despachoId: string, actorId: string): Promise<Reconciliation> {
    if (readRowId(despachoId) === undefined) return Promise.resolve('unknown');
    const known = this.#rereads.get(despachoId);
    if (known) return known;
    const reread = this.#reread(despachoId, actorId);
    this.#rereads.set(despachoId, reread);
    return reread;
  }

  /** Looks again at what was being written when somebody looked; failures are left to the next one who looks. */
  notice(reconciled: Reconciled): void {
    if (reconciled.outcome !== 'partial') return;
    this.reconcile(reconciled.state.id, serviceActor).catch((error: unknown) => {
      this.#options.log.debug({ err: error }, 'a dispatch that is being written could not be read again');
    });
  }

  async #reread(id: string, actorId: string): Promise<Reconciliation> {
    for (let attempt = 1; ; attempt++) {
      await this.#wait(settlingMs);
      // Whoever says so from now on may speak of a later change.
      this.#rereads.delete(id);
      if (this.#closed) return 'unchanged';
      const acceptPartial = attempt === maxPartialReads;
      const reconciled = await this.#read(id, { actorId, acceptPartial });
      if (!reconciled) return 'unknown';
      if (reconciled.outcome !== 'partial') return reconciled.outcome;
    }
  }

  async #mustFind(id: string): Promise<DispatchState> {
    const state = (await this.find([id])).get(id);
    if (!state) throw notFound('dispatch', id);
    return state;
  }

  #show(id: string, signal: AbortSignal | undefined): Promise<DispatchState | null> {
    return this.#shows.join(
      id,
      async (shared) => {
        const reconciled = await this.#read(id, { actorId: serviceActor, signal: shared });
        return reconciled && this.#shown(reconciled);
      },
      signal,
    );
  }

  async #read(
    id: string,
    { signal, ...finding }: { actorId: string; acceptPartial?: boolean; signal?: AbortSignal },
  ): Promise<Reconciled | null> {
    const { client, published, onShown } = this.#options;
    const since = await published.position();
    const found = await client.show(id, { signal });
    if (!found) return null;
    const [reconciled] = await published.reconcile([found.state], { since, ...finding });
    await onShown(found);
    return reconciled ?? null;
  }

  #shown(reconciled: Reconciled): DispatchState {
    this.notice(reconciled);
    return reconciled.state;
  }

  /** The dispatch with its ambulance, which a new one comes without. */
  async #whole(found: RemoteDispatch): Promise<RemoteDispatch['state']> {
    if (found.isWhole) return found.state;
    return ((await this.#options.client.show(found.state.id)) ?? found).state;
  }

  /** Gives the place back once the change was told or refused; where that is not known, to whoever notices. */
  async #publishing<T>(place: PendingChange, change: () => Promise<T>): Promise<T> {
    const { pending, log } = this.#options;
    const giveBack = (isSettled: boolean) =>
      (isSettled ? pending.end(place) : pending.leave(place)).catch((error: unknown) => {
        log.warn(
          { err: error, key: place.key },
          'a pending change could not be given back; its lease ends it',
        );
      });
    try {
      const value = await change();
      await giveBack(true);
      return value;
    } catch (error) {
      await giveBack(isRefusal(error));
      throw error;
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        this.#waits.delete(end);
        resolve();
      };
      const cancel = this.#options.clock.after(ms, end);
      this.#waits.add(end);
    });
  }
}

/** Whether the change surely did not happen. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof ClientError)) return false;
  const { code, reason } = error.extensions;
  return code !== 'UPSTREAM_UNAVAILABLE' || reason !== undefined;
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
