/** Changes of dispatches in MS Despacho that are under way: one at a time per dispatch, each with the actor who makes it. */
import { randomUUID } from 'node:crypto';
import type { Change } from '../../../db/change.ts';
import type { Database } from '../../../db/database.ts';
import type { MutationKeys } from '../../../db/mutations/mutation-keys.ts';
import { storedDate } from '../../../db/stored-date.ts';
import { storedName } from '../../../db/stored-text.ts';
import { attemptPatiently } from '../../../lib/backoff.ts';
import { TookTooLong, within } from '../../../lib/deadline.ts';
import { ClientError } from '../../../lib/errors.ts';
import type { MutationKey } from '../../../lib/mutation-key.ts';
import { shifted, type Clock } from '../../../lib/clock.ts';
import { dispatchEffectOf } from '../effect.ts';
import type { DispatchState } from '../events.ts';

/** Who makes a change. */
export interface Author {
  readonly actorId: string;
  /** Of the mutation that it belongs to: whoever publishes the change gives it its effect. */
  readonly key: Pick<MutationKey, 'id'> | null;
}

/** A change that was begun. */
export interface PendingChange {
  readonly key: string;
  readonly owner: string;
}

export interface PendingChangesOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly keys: MutationKeys;
  /** How long a change may take from its beginning until its event is written, milliseconds. After that its process counts as dead. */
  readonly leaseMs: number;
}

/** How a change waits for another one of the same dispatch. */
const patience = { patienceMs: 10_000, firstMs: 20, maxMs: 200 };
/** How long a change of unknown outcome is kept, milliseconds, so that its actor is known when it is detected. */
const forgottenAfterMs = 60 * 60_000;

type Point = DispatchState['origen'];

/** Identifies a dispatch that has no id yet: no two are created within a centimetre of each other at the same moment. */
const spotOf = ({ latitud, longitud }: Point) => `${latitud.toFixed(7)},${longitud.toFixed(7)}`;

const busy = () =>
  new ClientError('UPSTREAM_UNAVAILABLE', 'Another change of this dispatch is under way. Try again soon.');

const keyOf = (despachoId: string) => `despacho:${despachoId}`;

/**
 * MS Despacho takes any change, in any order, from anybody. So changes of one dispatch through this service wait for each
 * other, on all processes: each holds a row of the database from before the status machine is asked until its event is
 * written.
 *
 * A process that detects a change in MS Despacho while its row is held leaves it to the holder to publish it. If the
 * holder's lease is over, it publishes the change itself, under the holder's actor.
 */
export class PendingChanges {
  readonly #options: PendingChangesOptions;
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(options: PendingChangesOptions) {
    this.#options = options;
  }

  /**
   * Runs `run` when all that this process was asked to do with the dispatch before has ended, and settles like it. Rejects with
   * UPSTREAM_UNAVAILABLE where that takes longer than ten seconds.
   */
  async withLock<T>(despachoId: string, run: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(despachoId) ?? Promise.resolve();
    const own = Promise.withResolvers<void>();
    // Also of one who has given up: whoever comes next waits for what that one has waited for.
    const ended = before.then(() => own.promise);
    this.#queues.set(despachoId, ended);
    void ended.then(() => {
      if (this.#queues.get(despachoId) === ended) this.#queues.delete(despachoId);
    });
    try {
      await within(this.#options.clock, patience.patienceMs, 'The change before', before);
      return await run();
    } catch (error) {
      throw error instanceof TookTooLong ? busy() : error;
    } finally {
      own.resolve();
    }
  }

  /** Waits until no other process changes the dispatch. Call it in `withLock`. Rejects with UPSTREAM_UNAVAILABLE after ten seconds. */
  async begin(despachoId: string, estado: string, author: Author): Promise<PendingChange> {
    const { clock } = this.#options;
    const pending = { key: keyOf(despachoId), owner: randomUUID() };
    const begun = await attemptPatiently(clock, patience, async () =>
      (await this.#insert(pending, { estado, origen: null, author })) ? pending : undefined,
    );
    if (begun) return begun;
    throw busy();
  }

  async beginCreation(origen: Point, author: Author): Promise<PendingChange> {
    const pending = { key: `nuevo:${randomUUID()}`, owner: randomUUID() };
    await this.#insert(pending, { estado: '', origen: spotOf(origen), author });
    return pending;
  }

  /** The change was published, or did not happen. */
  async end(pending: PendingChange): Promise<void> {
    await this.#options.database.query
      .deleteFrom('pending_changes')
      .where('key', '=', pending.key)
      .where('owner', '=', pending.owner)
      .execute();
  }

  /** Nobody knows whether the change happened: who detects it publishes it. */
  async abandon(pending: PendingChange): Promise<void> {
    await this.#options.database.query
      .updateTable('pending_changes')
      .set({ until: storedDate(this.#options.clock.now()) })
      .where('key', '=', pending.key)
      .where('owner', '=', pending.owner)
      .execute();
  }

  /**
   * Who made a detected change, under whom it is published; `inProgress` when the process that makes the change will
   * publish it; null when the change was not made through this service.
   */
  async attributeChange(
    change: Change,
    detected: Pick<DispatchState, 'id' | 'estado' | 'origen'>,
    isNew: boolean,
  ): Promise<'inProgress' | Author | null> {
    const now = storedDate(this.#options.clock.now());
    const rows = await change.query
      .selectFrom('pending_changes')
      .select(['key', 'actor_id', 'estado', 'until', 'mutation_key'])
      .$if(isNew, (query) => query.where('origen', '=', spotOf(detected.origen)))
      .$if(!isNew, (query) => query.where('key', '=', keyOf(detected.id)))
      .execute();
    if (rows.some(({ until }) => until > now)) return 'inProgress';
    const row = rows.find(({ estado }) => isNew || estado === detected.estado);
    if (!row) return null;
    await change.query.deleteFrom('pending_changes').where('key', '=', row.key).execute();
    return { actorId: row.actor_id, key: row.mutation_key === null ? null : { id: row.mutation_key } };
  }

  /** Gives the mutation that a change belongs to its effect. To be called in the transaction that publishes the change. */
  async keepEffect(change: Change, { key }: Author, published: DispatchState): Promise<void> {
    if (key === null) return;
    await this.#options.keys.keep(key.id, await dispatchEffectOf(published, change), change.query);
  }

  /** Nobody is at any change: to be called at the start where no other process uses the database. */
  async abandonAll(): Promise<void> {
    const now = storedDate(this.#options.clock.now());
    await this.#options.database.query
      .updateTable('pending_changes')
      .set({ until: now })
      .where('until', '>', now)
      .execute();
  }

  /** Deletes changes whose outcome was not learned for an hour. */
  async trim(): Promise<void> {
    await this.#options.database.query
      .deleteFrom('pending_changes')
      .where('until', '<', storedDate(shifted(this.#options.clock.now(), -forgottenAfterMs)))
      .execute();
  }

  /** Resolves with false while the dispatch has a pending change whose lease is not over. */
  async #insert(
    { key, owner }: PendingChange,
    { estado, origen, author }: { estado: string; origen: string | null; author: Author },
  ): Promise<boolean> {
    const { database, clock, leaseMs } = this.#options;
    const until = storedDate(shifted(clock.now(), leaseMs));
    const { actorId, key: mutation } = author;
    const about = { actor_id: storedName(actorId), mutation_key: mutation?.id ?? null };
    const values = { owner, estado, origen, ...about, until };
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
