/** Owns what the record's modules and the relay may do with a database, whichever it is. */
import { sql, type Kysely } from 'kysely';
import type { Change } from './change.ts';
import type { EventRow, Tables } from './tables.ts';

export type DatabaseKind = 'sqlite' | 'postgres';

/** What the relay reads of an event. */
export type OutboxRow = Pick<EventRow, 'id' | 'at' | 'topics' | 'payload'>;

/** Takes over events; resolves with the time (ISO 8601) to mark them as relayed with. A rejection leaves them unmarked. */
export type HandOver = (rows: readonly OutboxRow[]) => Promise<string>;

/**
 * The record's database.
 *
 * - **Durability**: what `change` resolved with is on disk.
 * - **Order**: see `Change.lockDispatch`.
 * - **Errors**: the driver's, when the database can't be reached, or takes longer than its time-outs.
 */
export abstract class Database {
  readonly kind: DatabaseKind;
  /** Reads, and writes of a single statement that no event tells of. */
  readonly query: Kysely<Tables>;
  readonly #listeners = new Set<() => void>();

  constructor(kind: DatabaseKind, query: Kysely<Tables>) {
    this.kind = kind;
    this.query = query;
  }

  /**
   * Runs one change: all of it is committed when `run` resolves, nothing when it throws. Resolves with what `run` resolved
   * with, after the commit. `run` waits for nothing but its own queries: on SQLite all other changes wait for it.
   */
  abstract change<T>(run: (change: Change) => Promise<T>): Promise<T>;

  /** Calls back after each commit of this process that wrote events. The listener must not throw. Returns the undo. */
  onEvents(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Hands over the oldest events that are not marked as relayed, at most `limit`, in order of id, and marks them. One
   * process of the cluster at a time. The marks may be lost with a power failure: those events are then handed over
   * again. Returns how many there were.
   */
  abstract relay(limit: number, handOver: HandOver): Promise<number>;

  /** To be called after a commit that wrote events. */
  protected announceEvents(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Rejects when the database does not answer. */
  async ping(): Promise<void> {
    await sql`select 1`.execute(this.query);
  }

  /** Waits for what is running, then lets go of the file or the connections. */
  abstract close(): Promise<void>;
}

/**
 * The oldest events that were not relayed. Never "ids above the last one": on PostgreSQL a transaction that took its id
 * early may commit late, so a lower id can appear after a higher one was relayed.
 */
export function unrelayedEvents(query: Kysely<Tables>, limit: number): Promise<OutboxRow[]> {
  return query
    .selectFrom('events')
    .select(['id', 'at', 'topics', 'payload'])
    .where('relayed_at', 'is', null)
    .orderBy('id')
    .limit(limit)
    .execute();
}
