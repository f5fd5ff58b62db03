/** Owns one change of the record: a transaction that writes rows and the events that tell of them. */
import { sql, type Transaction } from 'kysely';
import { channelLocks } from './locks.ts';
import type { DispatchRow, Tables } from './tables.ts';

/** An event to store. Its row is written in the change's own transaction and relayed after the commit. */
export interface StoredEvent {
  /** `dispatch.created` and so on. */
  readonly type: string;
  readonly despachoId: number | null;
  readonly actorId: string | null;
  /** When it happened, ISO 8601 in UTC with milliseconds. */
  readonly at: string;
  /** The keys of the topics it is relayed to; at least one. */
  readonly topics: readonly string[];
  /** A JSON value: what subscribers of the topics read. */
  readonly payload: unknown;
}

export class Change {
  /** Queries inside the transaction. Others wait for its end on SQLite: in here, use no other. */
  readonly query: Transaction<Tables>;
  readonly #kind: 'sqlite' | 'postgres';
  #wroteEvents = false;

  constructor(query: Transaction<Tables>, kind: 'sqlite' | 'postgres') {
    this.query = query;
    this.#kind = kind;
  }

  get wroteEvents(): boolean {
    return this.#wroteEvents;
  }

  /**
   * The dispatch, kept from every other change until this one has ended. Whoever writes an event of a dispatch holds
   * this lock, so that the ids of one dispatch's events grow in the order of their commits.
   */
  async lockDispatch(id: number): Promise<DispatchRow | undefined> {
    // SQLite has one writer at a time, and no word for it.
    return this.query
      .selectFrom('dispatches')
      .selectAll()
      .where('id', '=', id)
      .$if(this.#kind === 'postgres', (query) => query.forUpdate())
      .executeTakeFirst();
  }

  /** Keeps the channel from every other change that locks it until this one has ended: messages are numbered in the order of their commits. */
  async lockChannel(channel: string): Promise<void> {
    if (this.#kind === 'sqlite') return;
    await sql`select pg_advisory_xact_lock(${sql.lit(channelLocks)}, hashtext(${channel}))`.execute(
      this.query,
    );
  }

  async writeEvent({ type, despachoId, actorId, at, topics, payload }: StoredEvent): Promise<void> {
    await this.query
      .insertInto('events')
      .values({
        type,
        despacho_id: despachoId,
        actor_id: actorId,
        at,
        topics: JSON.stringify(topics),
        payload: JSON.stringify(payload),
        relayed_at: null,
      })
      .execute();
    this.#wroteEvents = true;
  }
}
