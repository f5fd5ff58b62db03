/** A list of dispatches that stays as it is on the service: read once, and kept by its changes from there on. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import type { LiveClient } from '../live-client.ts';
import { beforeDrawing } from '../core/page.ts';
import { after, Pauses } from '../core/pauses.ts';
import { judge, LiveError } from '../core/problems.ts';
import type { DispatchStatus, Prioridad } from '../generated/operations.ts';
import { readPages, type ListQuery } from './pages.ts';
import { Rows, type DispatchRow } from './rows.ts';

export interface DispatchListOptions<F> {
  /** A fragment on `Dispatch`: what to show of each. Default: `DispatchCard`. */
  readonly fragment: TypedDocumentNode<F, never>;
  /** Only those with one of these. Default: all that have not ended. */
  readonly estados?: readonly DispatchStatus[];
  readonly prioridad?: Prioridad;
}

export interface DispatchListSnapshot<R> {
  /** The most recently requested first. */
  readonly rows: readonly R[];
  /** Whether the list has been read: else there may be more. */
  readonly isListed: boolean;
  /** Why there are no changes any more; null while it works. */
  readonly error: LiveError | null;
}

/** A store as React's `useSyncExternalStore` takes it. It works while somebody listens. */
export interface DispatchList<R> {
  subscribe(listener: () => void): () => void;
  getSnapshot(): DispatchListSnapshot<R>;
}

export const activeStates: readonly DispatchStatus[] = [
  ...(['PENDIENTE', 'ASIGNADO', 'EN_CAMINO', 'EN_SITIO', 'TRASLADANDO'] as const),
];

/** Whoever stops listening and begins again at once, as React's StrictMode does, finds it as it was, milliseconds. */
const lingerMs = 1_000;

export function createDispatchList<F>(
  live: LiveClient,
  options: DispatchListOptions<F>,
): DispatchList<F & DispatchRow> {
  return new LiveDispatchList(live, options);
}

interface Change<R> {
  readonly dispatchesUpdated: { readonly dispatch: R };
}

class LiveDispatchList<R extends DispatchRow> implements DispatchList<R> {
  readonly #live: LiveClient;
  readonly #query: ListQuery;
  readonly #changes: string;
  readonly #rows: Rows<R>;
  readonly #listeners = new Set<() => void>();
  readonly #pauses = new Pauses();
  #snapshot: DispatchListSnapshot<R> = { rows: [], isListed: false, error: null };
  #isDue = false;
  #end: (() => void) | null = null;
  #linger: ReturnType<typeof setTimeout> | undefined;

  constructor(
    live: LiveClient,
    { fragment, estados = activeStates, prioridad }: DispatchListOptions<unknown>,
  ) {
    this.#live = live;
    const definition = fragment.definitions.find(({ kind }) => kind === 'FragmentDefinition');
    if (definition?.kind !== 'FragmentDefinition') throw new TypeError('The fragment is none.');
    const fields = `id version estado prioridad fechaSolicitud ...${definition.name.value}`;
    const text = print(fragment);
    this.#query = { fields, fragment: text, estados, prioridad };
    this.#changes = `
      subscription DispatchListChanges($prioridad: Prioridad, $after: Cursor) {
        dispatchesUpdated(prioridad: $prioridad, after: $after) {
          dispatch { ${fields} }
        }
      }
      ${text}`;
    const wanted = new Set(estados);
    this.#rows = new Rows(
      ({ estado, prioridad: its }) => wanted.has(estado) && (prioridad === undefined || its === prioridad),
    );
  }

  getSnapshot = (): DispatchListSnapshot<R> => this.#snapshot;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    clearTimeout(this.#linger);
    if (!this.#end) this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#linger = setTimeout(() => {
        this.#end?.();
        this.#end = null;
      }, lingerMs);
    };
  };

  #begin(): void {
    const run = new AbortController();
    this.#end = () => run.abort();
    this.#rows.begin();
    this.#read(run.signal).catch((error: unknown) => {
      if (!run.signal.aborted) this.#failed(error);
    });
  }

  /** The changes are followed from before the list is read: nothing falls between. */
  async #read(signal: AbortSignal): Promise<void> {
    const follow = (cursor: string) => {
      if (!signal.aborted) signal.addEventListener('abort', this.#follow(cursor, signal), { once: true });
    };
    await readPages<R>(this.#live, this.#query, {
      signal,
      onCursor: follow,
      onRow: (row) => this.#take(row),
    });
    if (signal.aborted) return;
    this.#rows.end();
    this.#pauses.succeeded();
    this.#show({ isListed: true, error: null });
  }

  #follow(cursor: string, signal: AbortSignal): () => void {
    const { prioridad } = this.#query;
    return this.#live.subscribe<Change<R>, Record<string, unknown>>(
      this.#changes,
      { prioridad, after: cursor },
      {
        next: ({ data }) => this.#take(data.dispatchesUpdated.dispatch),
        error: (error) => {
          if (!signal.aborted) this.#failed(error);
        },
      },
    );
  }

  #take(row: R): void {
    if (this.#rows.take(row)) this.#changed();
  }

  /** What is shown stays. Where that may help, it is read anew: at once where only the cursor was too old. */
  #failed(problem: unknown): void {
    this.#end?.();
    const error = problem instanceof LiveError ? problem : new LiveError(String(problem));
    if (error.code === 'CURSOR_TOO_OLD') return this.#begin();
    this.#end = this.#beginLater(error);
    this.#show({ error });
  }

  #beginLater({ errors }: LiveError): () => void {
    if (errors.length === 0 && this.#live.state.kind === 'stopped') {
      const end = this.#live.onState(({ kind }) => {
        if (kind === 'stopped') return;
        end();
        this.#begin();
      });
      return end;
    }
    if (judge(errors).kind === 'final') return () => undefined;
    return after(this.#pauses.failed(), () => this.#begin());
  }

  /** Many changes between two pictures are one for whoever draws them. */
  #changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    beforeDrawing(() => this.#show({}));
  }

  #show(news: Partial<DispatchListSnapshot<R>>): void {
    this.#isDue = false;
    this.#snapshot = { ...this.#snapshot, ...news, rows: this.#rows.list() };
    for (const listener of this.#listeners) listener();
  }
}
