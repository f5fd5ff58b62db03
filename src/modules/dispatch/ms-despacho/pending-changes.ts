/** Owns changes of another service's dispatches that are under way: who makes them, so that one at a time does, and who they are told of as. */
import { randomUUID } from 'node:crypto';
import type { Change } from '../../../db/change.ts';
import type { Database } from '../../../db/database.ts';
import { storedDate } from '../../../db/stored-date.ts';
import { storedText } from '../../../db/stored-text.ts';
import { ClientError } from '../../../lib/errors.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { DispatchState } from '../events.ts';

/** A change that was begun. */
export interface PendingChange {
  readonly key: string;
  readonly owner: string;
}

export interface PendingChangesOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** How long whoever began a change may take to tell of it, milliseconds; it is dead afterwards. */
  readonly leaseMs: number;
}

/** How long one waits for another change of the same dispatch, milliseconds. */
const patienceMs = 10_000;
const retryMs = 20;
/** Rows of changes whose outcome nobody learned are kept for this long, milliseconds: who it was may still be asked. */
const forgottenAfterMs = 60 * 60_000;

type Point = DispatchState['origen'];

/** By which a dispatch that is being created is recognised: nobody else's lies within a centimetre at the same moment. */
const spotOf = ({ latitud, longitud }: Point) => `${latitud.toFixed(7)},${longitud.toFixed(7)}`;

const keyOf = (despachoId: string) => `despacho:${despachoId}`;

/**
 * MS Despacho takes any change, in any order, from anybody. So changes of one dispatch through this service wait for each
 * other, on whatever process, from before the status machine is asked until the event is written. Meanwhile whoever
 * notices a change of that dispatch leaves the telling to its maker; and tells of it as the maker's when that has died.
 */
export class PendingChanges {
  readonly #options: PendingChangesOptions;
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(options: PendingChangesOptions) {
    this.#options = options;
  }

  /** Runs `run` while no other change of the dispatch is under way. Rejects with UPSTREAM_UNAVAILABLE when that takes too long. */
  async withLock<T>(despachoId: string, run: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(despachoId) ?? Promise.resolve();
    const mine = before.then(run, run);
    const settled = mine.catch(() => undefined);
    this.#queues.set(despachoId, settled);
    try {
      return await mine;
    } finally {
      if (this.#queues.get(despachoId) === settled) this.#queues.delete(despachoId);
    }
  }

  /** Takes the place of the one who changes the dispatch. Call it within `exclusively`. */
  async begin(despachoId: string, estado: string, actorId: string): Promise<PendingChange> {
    const { clock } = this.#options;
    const pending = { key: keyOf(despachoId), owner: randomUUID() };
    for (const since = clock.now(); clock.now() - since < patienceMs;) {
      if (await this.#take(pending, { estado, origen: null, actorId })) return pending;
      await new Promise<void>((resolve) => clock.after(retryMs, resolve));
    }
    throw new ClientError(
      'UPSTREAM_UNAVAILABLE',
      'Another change of this dispatch is under way. Try again soon.',
    );
  }

  async beginCreation(origen: Point, actorId: string): Promise<PendingChange> {
    const pending = { key: `nuevo:${randomUUID()}`, owner: randomUUID() };
    await this.#take(pending, { estado: '', origen: spotOf(origen), actorId });
    return pending;
  }

  /** It was told, or did not happen. */
  async end(pending: PendingChange): Promise<void> {
    await this.#options.database.query
      .deleteFrom('pending_changes')
      .where('key', '=', pending.key)
      .where('owner', '=', pending.owner)
      .execute();
  }

  /** Whether it happened is not known: whoever notices that it did tells of it. */
  async leave(pending: PendingChange): Promise<void> {
    await this.#options.database.query
      .updateTable('pending_changes')
      .set({ until: storedDate(this.#options.clock.now()) })
      .where('key', '=', pending.key)
      .where('owner', '=', pending.owner)
      .execute();
  }

  /** Who a change that was noticed is told of as: `untold` while its maker is at it, else the maker, null when nobody here made it. */
  async attributeChange(
    change: Change,
    found: Pick<DispatchState, 'id' | 'estado' | 'origen'>,
    isNew: boolean,
  ): Promise<'inProgress' | { readonly actorId: string } | null> {
    const now = storedDate(this.#options.clock.now());
    const rows = await change.query
      .selectFrom('pending_changes')
      .select(['key', 'actor_id', 'estado', 'until'])
      .$if(isNew, (query) => query.where('origen', '=', spotOf(found.origen)))
      .$if(!isNew, (query) => query.where('key', '=', keyOf(found.id)))
      .execute();
    if (rows.some(({ until }) => until > now)) return 'inProgress';
    const row = rows.find(({ estado }) => isNew || estado === found.estado);
    if (!row) return null;
    await change.query.deleteFrom('pending_changes').where('key', '=', row.key).execute();
    return { actorId: row.actor_id };
  }

  /** Forgets changes whose outcome nobody learned. */
  async trim(): Promise<void> {
    await this.#options.database.query
      .deleteFrom('pending_changes')
      .where('until', '<', storedDate(this.#options.clock.now() - forgottenAfterMs))
      .execute();
  }

  async #take(
    { key, owner }: PendingChange,
    { estado, origen, actorId }: { estado: string; origen: string | null; actorId: string },
  ): Promise<boolean> {
    const { database, clock, leaseMs } = this.#options;
    const until = storedDate(clock.now() + leaseMs);
    const values = { owner, estado, origen, actor_id: storedText(actorId), until };
    const { numInsertedOrUpdatedRows } = await database.query
      .insertInto('pending_changes')
      .values({ key, ...values })
      .onConflict((conflict) =>
        conflict
          .column('key')
          .doUpdateSet(values)
          .where('pending_changes.until', '<=', storedDate(clock.now())),
      )
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  }
}
