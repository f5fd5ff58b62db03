/** What repositories and the relay may do with the database, whether it is SQLite or PostgreSQL. */
import type { CompiledQuery, Kysely } from 'kysely';
import { aboutDatabase, transaction } from '../observability/tracing/names.ts';
import { boundToSpan, noTracing, traced, type Tracing } from '../observability/tracing/tracing.ts';
import type { Change } from './change.ts';
import type { EventRow, Tables } from './tables.ts';

export type DatabaseKind = 'sqlite' | 'postgres';

/** What the relay reads of an event. */
export type OutboxRow = Pick<EventRow, 'id' | 'at' | 'topics' | 'payload'>;

/** Events that the relay hands over at a time, at the most. */
export const maxBatch = 500;

/** What relayed events are marked with. */
export interface RelayMarks {
  /** When they were relayed, ISO 8601. */
  readonly at: string;
  /** Where they stand in their topics, by their ids: see `EventsTable`. Without those that could not be read. */
  readonly positions: ReadonlyMap<number, string>;
}

/**
 * Relays events; resolves with what they are marked with as relayed. When it rejects, they are not marked.
 * `turn` is the number of the turn, which grows; null where no other process can have one.
 */
export type HandOver = (rows: readonly OutboxRow[], turn: number | null) => Promise<RelayMarks>;

/** A row that is left out of what is read, because this version cannot read it. */
export interface UnreadableRow {
  readonly table: 'alerts' | 'assignments' | 'dispatches' | 'events' | 'receipts';
  readonly id: number | string;
  readonly error: unknown;
}

export interface ChangeOptions {
  /** Whether the change has an idempotency key, by which it finds in `run` what it has done already. Default false. */
  readonly isKeyed?: boolean;
}

/**
 * The database.
 *
 * - **Durability**: what `change` resolved with is on disk.
 * - **Order**: see `Change.lockDispatch`.
 * - **Errors**: Unavailable where trying again may help (see the table of driver failures), OutcomeUnknown where a change may have
 *   been committed; the driver's where it is a mistake of ours.
 */
export abstract class Database {
  readonly kind: DatabaseKind;
  /** For reads, and for writes of a single statement without an event. */
  readonly query: Kysely<Tables>;
  /** What records its changes. */
  tracing: Tracing = noTracing;
  readonly #listeners = new Set<() => void>();
  readonly #unreadable = new Set<(row: UnreadableRow) => void>();

  constructor(kind: DatabaseKind, query: Kysely<Tables>) {
    this.kind = kind;
    this.query = query;
  }

  /**
   * Runs a query that reads, and whose SQL was made before. One whose `signal` is aborted while it waits for a connection is not begun, and
   * rejects; one that runs goes on, since PostgreSQL could be told to cancel it over another connection alone, and a pooler would take that
   * for somebody else's. The time-out of statements ends it.
   */
  async read<Row>(query: CompiledQuery<Row>, signal?: AbortSignal): Promise<Row[]> {
    if (!signal) return (await this.query.executeQuery<Row>(query)).rows;
    return this.query.connection().execute(async (connection) => {
      signal.throwIfAborted();
      return (await connection.executeQuery<Row>(query)).rows;
    });
  }

  /**
   * Runs one change: all of it is committed when `run` resolves, nothing when it throws. Resolves with the result of `run`
   * after the commit. `run` must wait for nothing but its own queries: on SQLite all other changes wait for it. And it must change
   * nothing but rows: where others were in its way, or its connection was cut, it is run once more, in a new transaction; after
   * COMMIT was sent only where the answer says that nothing was committed, or where the change has a key.
   */
  change<T>(run: (change: Change) => Promise<T>, options?: ChangeOptions): Promise<T> {
    if (this.tracing === noTracing) return this.make(run, options);
    const span = this.tracing.begin(transaction, { attributes: aboutDatabase(this.kind) });
    return span ? traced(span, () => this.make(boundToSpan(run), options)) : this.make(run, options);
  }

  /** Makes a change as `change` promises. */
  protected abstract make<T>(run: (change: Change) => Promise<T>, options?: ChangeOptions): Promise<T>;

  /** Calls back after each commit of this process that wrote events. The listener must not throw. Returns a function that ends this. */
  onEvents(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back with each row that is left out. The listener must not throw. Returns a function that ends this. */
  onUnreadable(listener: (row: UnreadableRow) => void): () => void {
    this.#unreadable.add(listener);
    return () => this.#unreadable.delete(listener);
  }

  /**
   * Reads rows that a newer version may have written. Those that `read` throws for are left out, and told of: the rest is shown.
   */
  readable<Row, Value>(
    table: UnreadableRow['table'],
    rows: readonly Row[],
    { idOf, read }: { readonly idOf: (row: Row) => number | string; readonly read: (row: Row) => Value },
  ): Value[] {
    const values: Value[] = [];
    for (const row of rows) {
      try {
        values.push(read(row));
      } catch (error) {
        for (const listener of this.#unreadable) listener({ table, id: idOf(row), error });
      }
    }
    return values;
  }

  /**
   * Hands over the oldest events that are not marked as relayed, at most `limit`, in order of id, and marks them. One
   * process of the cluster does so at a time: it is its turn. A process that stands still loses its turn after a few seconds,
   * and what it hands over then belongs to an old one. A power failure may lose marks; those events are then handed over again.
   * Resolves with the number of events; null when it is the turn of another process.
   */
  abstract relay(limit: number, handOver: HandOver): Promise<number | null>;

  /** What time it is, milliseconds since the Unix epoch; null where it has no clock but that of this process. */
  abstract readTime(): Promise<number | null>;

  /** To be called by implementations after a commit that wrote events. */
  protected announceEvents(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Waits for queries that are running, then closes the file or the connections. */
  abstract close(): Promise<void>;
}

/** When the oldest event happened of those that the relay takes next, maybe once more; milliseconds since the Unix epoch. */
export async function oldestUnrelayed({ query }: Database): Promise<number | null> {
  const next = query
    .selectFrom('events')
    .select('at')
    .where('relayed_at', 'is', null)
    .orderBy('id')
    .limit(maxBatch);
  const { at } = await query
    .selectFrom(next.as('next'))
    .select(({ fn }) => fn.min('at').as('at'))
    .executeTakeFirstOrThrow();
  return at === null ? null : Date.parse(at);
}

/**
 * The oldest events that were not relayed. To ask for ids above the last one would miss events: on PostgreSQL a
 * transaction that took its id early may commit late, so a lower id can appear after a higher one was relayed.
 */
export function unrelayedEvents(query: Kysely<Tables>, limit: number) {
  return query
    .selectFrom('events')
    .select(['id', 'at', 'topics', 'payload'])
    .where('relayed_at', 'is', null)
    .orderBy('id')
    .limit(limit);
}
