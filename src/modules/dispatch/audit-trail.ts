/** The audit trail: lists what happened. */
import { sql } from 'kysely';
import type { Database } from '../../db/database.ts';
import { readRowId } from '../../db/row-id.ts';
import { storedDate } from '../../db/stored-date.ts';
import { storedName, storedText } from '../../db/stored-text.ts';

/** One event as it was stored. */
export interface AuditEntry {
  /** Numeric; grows. */
  readonly id: string;
  readonly type: string;
  readonly despachoId: string | null;
  readonly actorId: string | null;
  /** ISO 8601 in UTC. */
  readonly timestamp: string;
  readonly data: unknown;
  /** What else of it is for admins alone; left out where there is nothing. */
  readonly confidential?: Readonly<Record<string, unknown>>;
}

/** Which entries are listed: those that fit all that is not null. */
export interface AuditFilter {
  readonly type: string | null;
  readonly despachoId: string | null;
  readonly actorId: string | null;
  /** At this time or later, milliseconds since the Unix epoch. */
  readonly fromMs: number | null;
  /** Before this time. */
  readonly toMs: number | null;
  /** The id of an entry: those that follow it in the list. */
  readonly before: string | null;
}

const all: AuditFilter = {
  type: null,
  despachoId: null,
  actorId: null,
  fromMs: null,
  toMs: null,
  before: null,
};

/** Reads the table of our own events, wherever dispatches live. So there is one implementation, and no port. */
export class AuditTrail {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Newest first, by date and then by id. What is written meanwhile changes nothing in the pages that follow. */
  async list(filter: Partial<AuditFilter>, limit: number, signal?: AbortSignal): Promise<AuditEntry[]> {
    const newest = this.#select({ ...all, ...filter })
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit);
    const rows = await this.#database.read(newest.compile(), signal);
    return this.#database.readable('events', rows, {
      idOf: ({ id }) => id,
      read: (row) => ({
        id: String(row.id),
        type: row.type,
        despachoId: row.despacho_id === null ? null : String(row.despacho_id),
        actorId: row.actor_id,
        timestamp: row.at,
        data: withoutTrace(JSON.parse(row.payload)),
        ...(row.confidential !== null && {
          confidential: JSON.parse(row.confidential) as Record<string, unknown>,
        }),
      }),
    });
  }

  #select({ type, despachoId, actorId, fromMs, toMs, before }: AuditFilter) {
    return (
      this.#database.query
        .selectFrom('events')
        .select(['id', 'type', 'despacho_id', 'actor_id', 'at', 'payload', 'confidential'])
        .$if(type !== null, (query) => query.where('type', '=', storedText(type!)))
        // No row has the id 0: of a dispatch that cannot be, nothing is listed.
        .$if(despachoId !== null, (query) => query.where('despacho_id', '=', readRowId(despachoId!) ?? 0))
        .$if(actorId !== null, (query) => query.where('actor_id', '=', storedName(actorId!)))
        .$if(fromMs !== null, (query) => query.where('at', '>=', storedDate(fromMs!)))
        .$if(toMs !== null, (query) => query.where('at', '<', storedDate(toMs!)))
        .$if(before !== null, (query) =>
          query.where(
            sql<boolean>`(at, id) < (select at, id from events where id = ${readRowId(before!) ?? 0})`,
          ),
        )
    );
  }
}

/** What traces it is no part of what has happened. */
function withoutTrace(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || !('traceparent' in payload)) return payload;
  const { traceparent: _traceparent, ...rest } = payload;
  return rest;
}
