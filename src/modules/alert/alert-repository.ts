/** Reads alerts, and notes who has seen them. */
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { Database } from '../../db/database.ts';
import type { MutationKeys } from '../../db/mutations/mutation-keys.ts';
import { queryByIds, readRowId, readRowIds } from '../../db/row-id.ts';
import { readStored } from '../../db/mutations/stored-effect.ts';
import { storedDate } from '../../db/stored-date.ts';
import { storedName } from '../../db/stored-text.ts';
import type { AlertRow } from '../../db/tables/alerts.ts';
import type { Tables } from '../../db/tables.ts';
import type { Clock } from '../../lib/clock.ts';
import { notFound } from '../../lib/errors.ts';
import type { MutationKey } from '../../lib/mutation-key.ts';
import { z } from 'zod';
import type { AlertBook } from './alert-book.ts';
import { alertKinds, toAlert, type AlertKind, type AlertState } from './events.ts';

/** Which alerts are listed: those that fit all that is not null. */
export interface AlertFilter {
  readonly open: boolean | null;
  readonly kinds: readonly AlertKind[] | null;
  readonly despachoId: string | null;
  /** The id of an alert: those that follow it in the list. */
  readonly after: string | null;
}

const effectForm = z.object({ alertId: z.number() });

export interface AlertRepositoryOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly keys: MutationKeys;
  readonly book: AlertBook;
}

/** PostgreSQL knows no empty list. No row has the id 0. */
const isOneOf =
  (kinds: readonly AlertKind[]) =>
  (where: ExpressionBuilder<Tables, 'alerts'>): Expression<SqlBool> =>
    kinds.length === 0 ? where('id', '=', 0) : where('kind', 'in', kinds);

/** The table is in our own database, wherever dispatches live. So there is one implementation, and no port. */
export class AlertRepository {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #book: AlertBook;
  readonly #keys: MutationKeys;

  constructor({ database, clock, keys, book }: AlertRepositoryOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#keys = keys;
    this.#book = book;
  }

  /** Newest first. */
  async list(
    { open, kinds, despachoId, after }: AlertFilter,
    limit: number,
    signal?: AbortSignal,
  ): Promise<AlertState[]> {
    const newest = this.#database.query
      .selectFrom('alerts')
      .selectAll()
      .where(isOneOf(kinds ?? alertKinds))
      .$if(open !== null, (query) => query.where('cleared_at', open === true ? 'is' : 'is not', null))
      // No row has the id 0: of a dispatch that cannot be, nothing is listed.
      .$if(despachoId !== null, (query) => query.where('despacho_id', '=', readRowId(despachoId!) ?? 0))
      .$if(after !== null, (query) => query.where('id', '<', readRowId(after!) ?? 0))
      .orderBy('id', 'desc')
      .limit(limit);
    return this.#readable(await this.#database.read(newest.compile(), signal));
  }

  async find(ids: readonly string[]): Promise<ReadonlyMap<string, AlertState>> {
    const rows = await queryByIds(readRowIds(ids), (some) =>
      this.#database.query.selectFrom('alerts').selectAll().where('id', 'in', some).execute(),
    );
    return new Map(this.#readable(rows).map((alert) => [alert.id, alert]));
  }

  /** The ids of alerts of these kinds that are not cleared, ascending. */
  async openIds(kinds: readonly AlertKind[]): Promise<string[]> {
    const rows = await this.#idsOf(kinds).where('cleared_at', 'is', null).orderBy('id').execute();
    return rows.map(({ id }) => String(id));
  }

  /** The ids of at most `limit` alerts of these kinds that were changed at `sinceMs` or later. */
  async idsSince(sinceMs: number, kinds: readonly AlertKind[], limit: number): Promise<string[]> {
    const rows = await this.#idsOf(kinds)
      .where('at', '>=', storedDate(sinceMs))
      // In the order of the index, so that no planner walks through all alerts to find the few that were changed.
      .orderBy('at')
      .limit(limit)
      .execute();
    return rows.map(({ id }) => String(id));
  }

  /** Whoever came first stays. With a key it is done once, as in `DispatchRepository`. Rejects with NOT_FOUND. */
  acknowledge(id: string, actorId: string, key: MutationKey | null): Promise<AlertState> {
    return this.#keys.change(key, {
      run: async (change) => {
        const rowId = readRowId(id) ?? 0;
        const about = await change.query
          .selectFrom('alerts')
          .select('despacho_id')
          .where('id', '=', rowId)
          .executeTakeFirst();
        if (!about) throw notFound('alert', id);
        const dispatch = await change.lockDispatch(about.despacho_id);
        if (!dispatch) throw notFound('alert', id);
        const now = storedDate(this.#clock.now());
        const row = await this.#book.acknowledge(change, rowId, storedName(actorId), now);
        if (!row) throw notFound('alert', id);
        return toAlert(row);
      },
      effectOf: (alert) => ({ alertId: Number(alert.id) }),
      recall: async (effect, query) => {
        const { alertId } = readStored('what this mutation did', effectForm, effect);
        const row = await query.selectFrom('alerts').selectAll().where('id', '=', alertId).executeTakeFirst();
        if (!row) throw notFound('alert', String(alertId));
        return toAlert(row);
      },
    });
  }

  #idsOf(kinds: readonly AlertKind[]) {
    return this.#database.query.selectFrom('alerts').select('id').where(isOneOf(kinds));
  }

  #readable(rows: readonly AlertRow[]): AlertState[] {
    return this.#database.readable('alerts', rows, { idOf: ({ id }) => id, read: toAlert });
  }
}
