/** The audit trail: lists what happened, and deletes what is too old. */
import { setImmediate } from 'node:timers/promises';
import type { Database } from '../../db/database.ts';
import { storedDate } from '../../db/stored-date.ts';
import { storedText } from '../../db/stored-text.ts';
import { systemClock, type Clock } from '../../lib/clock.ts';

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
}

/** Events that are deleted at a time. SQLite does one thing at a time, so all else waits for a batch. */
const batchSize = 500;

/** Reads the table of our own events, wherever dispatches live. So there is one implementation, and no port. */
export class AuditTrail {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock = systemClock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Newest first, of one type or of all. */
  async list(type: string | null, limit: number): Promise<AuditEntry[]> {
    const rows = await this.#database.query
      .selectFrom('events')
      .select(['id', 'type', 'despacho_id', 'actor_id', 'at', 'payload'])
      .$if(type !== null, (query) => query.where('type', '=', storedText(type!)))
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      id: String(row.id),
      type: row.type,
      despachoId: row.despacho_id === null ? null : String(row.despacho_id),
      actorId: row.actor_id,
      timestamp: row.at,
      data: JSON.parse(row.payload) as unknown,
    }));
  }

  /** Deletes events that happened more than `ageMs` milliseconds ago and were relayed. Resolves with their number. */
  async deleteOlderThan(ageMs: number): Promise<number> {
    const before = storedDate(this.#clock.now() - ageMs);
    for (let deleted = 0; ; await setImmediate()) {
      const count = await this.#deleteBatch(before);
      deleted += count;
      if (count < batchSize) return deleted;
    }
  }

  /** Looks at the lowest ids. They are the oldest events, except where clocks of processes differ: those are deleted the next time. */
  async #deleteBatch(before: string): Promise<number> {
    const oldest = await this.#database.query
      .selectFrom('events')
      .select(['id', 'at'])
      .where('relayed_at', 'is not', null)
      .orderBy('id')
      .limit(batchSize)
      .execute();
    const ids = oldest.filter(({ at }) => at < before).map(({ id }) => id);
    if (ids.length === 0) return 0;
    const { numDeletedRows } = await this.#database.query
      .deleteFrom('events')
      .where('id', 'in', ids)
      .executeTakeFirst();
    return Number(numDeletedRows);
  }
}
