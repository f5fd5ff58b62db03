/** Positions that are on their way to MS Despacho: what is found there meanwhile is known to be theirs, with their own dates. */
import { randomUUID } from 'node:crypto';
import type { Change } from '../../../db/change.ts';
import type { Database } from '../../../db/database.ts';
import { storedDate } from '../../../db/stored-date.ts';
import { storedName } from '../../../db/stored-text.ts';
import { attemptPatiently } from '../../../lib/backoff.ts';
import { shifted, type Clock } from '../../../lib/clock.ts';
import { ClientError } from '../../../lib/errors.ts';
import { locationState } from '../events.ts';
import type { NewLocation } from '../location-repository.ts';

export interface PendingPositionsOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** How long a report may take until its position is stored, milliseconds. After that its process counts as dead. */
  readonly leaseMs: number;
}

/** A position that is being reported. */
export interface PendingPosition {
  readonly key: string;
  readonly owner: string;
}

/** A position that was reported and whose outcome nobody knows. */
export interface AbandonedPosition extends PendingPosition {
  readonly position: NewLocation;
  readonly actorId: string;
}

const reportedPosition = locationState
  .omit({ receivedAt: true })
  .extend({ recordedAt: locationState.shape.recordedAt.nullable() });

type Point = Pick<NewLocation, 'latitud' | 'longitud'>;

/** How a report waits for another one of the same position. */
const patience = { patienceMs: 10_000, firstMs: 20, maxMs: 200 };
/** How long a position of unknown outcome is kept, milliseconds, so that it is known when it is found. */
const forgottenAfterMs = 60 * 60_000;

/**
 * MS Despacho dates a position when it arrives there, and moves its ambulance, however old the position is. Between its answer and
 * the moment when the position is stored here, others may see that, and would take the old position for a new one. So a position is
 * announced here before it is sent: it is stored by who reports it, or, where nobody knows what came of that, by who finds it.
 */
export class PendingPositions {
  readonly #options: PendingPositionsOptions;

  constructor(options: PendingPositionsOptions) {
    this.#options = options;
  }

  /**
   * Announces a position. While another one reports the same, it waits; `find` says whether it is there in the meantime, and `look`
   * looks in MS Despacho for one of which nobody knows. Rejects with UPSTREAM_UNAVAILABLE after ten seconds.
   */
  async begin<Known>(
    despachoId: string,
    position: NewLocation,
    {
      actorId,
      find,
      look,
    }: {
      readonly actorId: string;
      readonly find: () => Promise<Known | undefined>;
      readonly look: () => Promise<unknown>;
    },
  ): Promise<{ readonly known: Known } | { readonly pending: PendingPosition }> {
    const { clock } = this.#options;
    const pending = { key: keyOf(despachoId, position), owner: randomUUID() };
    const begun = await attemptPatiently(clock, patience, async () => {
      if (await this.#isAbandoned(pending.key)) await look();
      const known = await find();
      if (known !== undefined) return { known };
      return (await this.#insert(pending, despachoId, position, actorId)) ? { pending } : undefined;
    });
    if (begun) return begun;
    throw new ClientError('UPSTREAM_UNAVAILABLE', 'The same position is being reported. Try again soon.', {
      retryAfterMs: 1_000,
    });
  }

  /** It is stored, or surely did not arrive. */
  async end({ key, owner }: PendingPosition, query = this.#options.database.query): Promise<void> {
    await query.deleteFrom('pending_positions').where('key', '=', key).where('owner', '=', owner).execute();
  }

  /** Nobody knows whether it arrived: who finds it stores it. */
  async abandon({ key, owner }: PendingPosition): Promise<void> {
    await this.#options.database.query
      .updateTable('pending_positions')
      .set({ until: storedDate(this.#options.clock.now()) })
      .where('key', '=', key)
      .where('owner', '=', owner)
      .execute();
  }

  /** What is known of a position that was found: `inProgress` when who reports it will store it. To be called under the dispatch's lock. */
  async recognise(
    change: Change,
    rowId: number,
    { latitud, longitud }: Point,
  ): Promise<'inProgress' | AbandonedPosition | null> {
    const rows = await change.query
      .selectFrom('pending_positions')
      .selectAll()
      .where('despacho_id', '=', rowId)
      .where('latitud', '=', latitud)
      .where('longitud', '=', longitud)
      .execute();
    const now = storedDate(this.#options.clock.now());
    if (rows.some(({ until }) => until > now)) return 'inProgress';
    const [row] = rows;
    if (!row) return null;
    const { key, owner, actor_id: actorId } = row;
    // What a newer version has noted, it will find itself.
    const read = reportedPosition.safeParse(JSON.parse(row.position));
    return read.success ? { key, owner, actorId, position: read.data } : 'inProgress';
  }

  /** Deletes positions whose outcome was not learned for an hour. */
  async trim(): Promise<void> {
    await this.#options.database.query
      .deleteFrom('pending_positions')
      .where('until', '<', storedDate(shifted(this.#options.clock.now(), -forgottenAfterMs)))
      .execute();
  }

  async #isAbandoned(key: string): Promise<boolean> {
    const row = await this.#options.database.query
      .selectFrom('pending_positions')
      .select('until')
      .where('key', '=', key)
      .executeTakeFirst();
    return row !== undefined && row.until <= storedDate(this.#options.clock.now());
  }

  /** Resolves with false while another one reports the same. */
  async #insert(
    { key, owner }: PendingPosition,
    despachoId: string,
    position: NewLocation,
    actorId: string,
  ): Promise<boolean> {
    const { database, clock, leaseMs } = this.#options;
    const { latitud, longitud } = position;
    const values = {
      ...{ owner, latitud, longitud },
      despacho_id: Number(despachoId),
      position: JSON.stringify(position),
      actor_id: storedName(actorId),
      until: storedDate(shifted(clock.now(), leaseMs)),
    };
    const { numInsertedOrUpdatedRows } = await database.query
      .insertInto('pending_positions')
      .values({ key, ...values })
      .onConflict((conflict) =>
        conflict
          .column('key')
          .doUpdateSet(values)
          .where('pending_positions.until', '<=', storedDate(clock.now())),
      )
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  }
}

/** Those that their device did not date are all different. */
const keyOf = (despachoId: string, { recordedAt, latitud, longitud }: NewLocation): string =>
  recordedAt === null ? randomUUID() : `${despachoId} ${recordedAt} ${latitud} ${longitud}`;
