/** Reads dispatches from MS Despacho; what has changed in one since it was last published becomes an event. */
import { readRowId } from '../../../db/row-id.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../observability/log.ts';
import { createSemaphore } from '../../../lib/turns/semaphore.ts';
import { SharedCalls } from '../../../lib/turns/shared-calls.ts';
import { msDespachoActor, type MsDespacho } from '../../../upstreams/ms-despacho.ts';
import { isUnknownWord, type RemoteDispatch } from '../../../upstreams/ms-despacho-shapes.ts';
import type { DispatchFilter } from '../dispatch-repository.ts';
import type { DispatchState } from '../events.ts';
import type { Reconciliation } from '../notifications/reconcile.ts';
import { planPages } from './page.ts';
import type { PublishedDispatches, Reconciled } from './published-dispatches.ts';

export interface DispatchReaderOptions {
  readonly client: MsDespacho;
  readonly published: PublishedDispatches;
  /** Stores the positions of a dispatch that was read in full. */
  readonly onShown: (remote: RemoteDispatch) => Promise<void>;
  /** Called with what is wrong with a dispatch that a list leaves out. */
  readonly onUnreadable: (error: unknown) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** MS Despacho writes a change in two steps, so a dispatch that is said to have changed is read this much later, milliseconds. */
const settlingMs = 250;
/** Dispatches that one call of `find` reads at a time: more would leave no room for other calls. */
const maxReadsAtOnce = 8;
/** How often a dispatch whose status has no date yet is read before it is published as it is. */
const maxPartialReads = 3;

export class DispatchReader {
  readonly #options: DispatchReaderOptions;
  readonly #reads = new SharedCalls<DispatchState | null>();
  /** Reads that are planned, by dispatch. */
  readonly #rereads = new Map<string, Promise<Reconciliation>>();
  readonly #closing = new AbortController();

  constructor(options: DispatchReaderOptions) {
    this.#options = options;
  }

  /** Ends the pauses before planned reads, and the reads with them. */
  close(): void {
    this.#closing.abort();
  }

  /** See `DispatchRepository.find`. */
  async find(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, DispatchState>> {
    const possible = [...new Set(ids)].filter((id) => readRowId(id) !== undefined);
    const semaphore = createSemaphore(maxReadsAtOnce);
    const states = await Promise.all(possible.map((id) => semaphore(() => this.#readShared(id, signal))));
    return new Map(states.flatMap((state) => (state ? [[state.id, state]] : [])));
  }

  /** See `DispatchRepository.list`. */
  async list(
    filter: DispatchFilter,
    limit: number,
    offset: number,
    signal?: AbortSignal,
  ): Promise<DispatchState[]> {
    const { client, published } = this.#options;
    // Of an answer in which more is wrong than a word, nothing is believed: it would look like a list with nothing in it.
    const onUnreadable = (error: unknown) => {
      if (!isUnknownWord(error)) throw error;
      this.#options.onUnreadable(error);
    };
    const since = await published.position();
    const { pages, skip } = planPages(limit, offset);
    const read = await Promise.all(pages.map((page) => client.page(filter, page, { signal, onUnreadable })));
    const listed = read.flatMap(({ rows }) => rows).slice(skip, skip + limit);
    const reconciled = await published.reconcile(
      listed.flatMap((row) => row?.state ?? []),
      { since, actorId: msDespachoActor },
    );
    return reconciled.map((each) => this.#stateOf(each));
  }

  /**
   * Reads a dispatch that somebody says has changed: a moment later, and once for all who say so until then. A change
   * that nobody here made is published as `actorId`'s. Rejects when the dispatch cannot be read.
   */
  reconcile(despachoId: string, actorId: string): Promise<Reconciliation> {
    if (readRowId(despachoId) === undefined) return Promise.resolve('unknown');
    const planned = this.#rereads.get(despachoId);
    if (planned) return planned;
    const reread = this.#reread(despachoId, actorId);
    this.#rereads.set(despachoId, reread);
    return reread;
  }

  /** Reads a dispatch again that was found partially written. If that fails, whoever reads it next tries again. */
  rereadIfPartial({ outcome, state }: Reconciled): void {
    if (outcome !== 'partial') return;
    this.reconcile(state.id, msDespachoActor).catch((error: unknown) => {
      this.#options.log.debug({ err: error }, 'a partially written dispatch could not be read again');
    });
  }

  async #reread(id: string, actorId: string): Promise<Reconciliation> {
    for (let attempt = 1; ; attempt++) {
      await this.#options.clock.sleep(settlingMs, this.#closing.signal);
      // Who reports a change from now on may mean a later one, so it takes another read.
      this.#rereads.delete(id);
      if (this.#closing.signal.aborted) return 'unchanged';
      const acceptPartial = attempt === maxPartialReads;
      const reconciled = await this.#read(id, { actorId, acceptPartial });
      if (!reconciled) return 'unknown';
      if (reconciled.outcome !== 'partial') return reconciled.outcome;
    }
  }

  #readShared(id: string, signal: AbortSignal | undefined): Promise<DispatchState | null> {
    return this.#reads.join(
      id,
      async (shared) => {
        const reconciled = await this.#read(id, { actorId: msDespachoActor, signal: shared });
        return reconciled && this.#stateOf(reconciled);
      },
      signal,
    );
  }

  async #read(
    id: string,
    { signal, ...options }: { actorId: string; acceptPartial?: boolean; signal?: AbortSignal },
  ): Promise<Reconciled | null> {
    const { client, published, onShown } = this.#options;
    const since = await published.position();
    const remote = await client.show(id, { signal });
    if (!remote) return null;
    const [reconciled] = await published.reconcile([remote.state], { since, ...options });
    await onShown(remote);
    return reconciled ?? null;
  }

  #stateOf(reconciled: Reconciled): DispatchState {
    this.rereadIfPartial(reconciled);
    return reconciled.state;
  }
}
