/** One change: a transaction that writes rows together with the events that tell of them. */
import { sql, type Transaction } from 'kysely';
import { currentSpan } from '../observability/tracing/current-span.ts';
import type { DatabaseKind } from './database.ts';
import { ambulanceLocks, channelLocks } from './locks.ts';
import type { DispatchRow, Tables } from './tables.ts';

/** An event to store. Its row is written in the change's own transaction and relayed after the commit. */
export interface StoredEvent {
  /** `dispatch.created` and so on. */
  readonly type: string;
  readonly despachoId: number | null;
  readonly actorId: string | null;
  /** When it happened, ISO 8601 in UTC with milliseconds. */
  readonly at: string;
  /** The keys of the topics it is relayed to. With none it is an entry of the audit trail alone. */
  readonly topics: readonly string[];
  /** A JSON value: what subscribers of the topics read. */
  readonly payload: unknown;
  /** What of the event is for admins alone; in the audit trail it stands beside the payload. */
  readonly confidential?: Readonly<Record<string, unknown>>;
}

export class Change {
  /** Queries inside the transaction. Use no others in a change: on SQLite they would wait for its end, for ever. */
  readonly query: Transaction<Tables>;
  readonly kind: DatabaseKind;
  #eventId: number | null = null;

  constructor(query: Transaction<Tables>, kind: DatabaseKind) {
    this.query = query;
    this.kind = kind;
  }

  get wroteEvents(): boolean {
    return this.#eventId !== null;
  }

  /** The id of the last event that was written in this change; null when there is none. */
  get eventId(): number | null {
    return this.#eventId;
  }

  /**
   * Locks the dispatch until this change has ended. Every writer of an event of a dispatch holds this lock, so that the
   * ids of one dispatch's events grow in the order of their commits.
   */
  async lockDispatch(id: number): Promise<DispatchRow | undefined> {
    // SQLite has no FOR UPDATE; its single writer makes it unnecessary.
    return this.query
      .selectFrom('dispatches')
      .selectAll()
      .where('id', '=', id)
      .$if(this.kind === 'postgres', (query) => query.forUpdate())
      .executeTakeFirst();
  }

  /** Locks the channel until this change has ended, so that messages are numbered in the order of their commits. */
  lockChannel(channel: string): Promise<void> {
    return this.#lock(channelLocks, channel);
  }

  /** Locks the ambulance until this change has ended, so that what it is on is looked at and changed in one step. */
  lockAmbulance(id: string): Promise<void> {
    return this.#lock(ambulanceLocks, id);
  }

  async #lock(locks: number, name: string): Promise<void> {
    if (this.kind === 'sqlite') return;
    await sql`select pg_advisory_xact_lock(${sql.lit(locks)}, hashtext(${name}))`.execute(this.query);
  }

  writeEvent(event: StoredEvent): Promise<void> {
    return this.writeEvents([event]);
  }

  /** In this order, by one statement. */
  async writeEvents(events: readonly StoredEvent[]): Promise<void> {
    if (events.length === 0) return;
    const rows = await this.query
      .insertInto('events')
      .values(events.map(toEventRow))
      .returning('id')
      .execute();
    this.#eventId = Math.max(...rows.map(({ id }) => id));
  }
}

const toEventRow = ({ type, despachoId, actorId, at, topics, payload, confidential }: StoredEvent) => ({
  ...{ type, despacho_id: despachoId, actor_id: actorId, at },
  topics: JSON.stringify(topics),
  payload: JSON.stringify(withTrace(payload)),
  relayed_at: topics.length === 0 ? at : null,
  confidential: confidential ? JSON.stringify(confidential) : null,
});

/** With it a trace goes on in other processes. Whoever reads an event leaves out what they do not know. */
function withTrace(payload: unknown): unknown {
  const span = currentSpan();
  return span && typeof payload === 'object' && payload !== null
    ? { ...payload, traceparent: span.traceparent }
    : payload;
}
