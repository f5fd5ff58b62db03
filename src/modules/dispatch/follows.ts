/** The lists of dispatches that viewers follow. */
import type { Change } from '../../db/change.ts';
import type { Database } from '../../db/database.ts';
import type { MutationKeys } from '../../db/mutations/mutation-keys.ts';
import { storedDate } from '../../db/stored-date.ts';
import { storedName } from '../../db/stored-text.ts';
import type { DispatchRow } from '../../db/tables.ts';
import type { Clock } from '../../lib/clock.ts';
import { ClientError } from '../../lib/errors.ts';
import type { MutationKey } from '../../lib/mutation-key.ts';
import { lockDispatch } from './change.ts';
import { dispatchEffectOf, recallDispatch } from './effect.ts';
import { boardTopic, type DispatchState, type FollowEvent } from './events.ts';
import type { FollowedSince } from './followed.ts';

/** Who follows what. */
interface FollowSubject {
  readonly viewerId: string;
  readonly despachoId: string;
  readonly key: MutationKey | null;
}

export interface FollowsOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly keys: MutationKeys;
  /** Makes sure that the database has a row for a dispatch that lives in another service. */
  readonly ensureLocalCopy: (despachoId: string) => Promise<unknown>;
  /** How many dispatches one viewer may follow: whoever shows a list reads all of it. */
  readonly maxPerViewer: number;
}

/**
 * A list belongs to a viewer, on all their connections, until they change it. The lists are in our own database, wherever
 * dispatches live. So there is one implementation, and no port. A list that is longer than it may be by now stays as it is, and takes
 * nothing more.
 */
export class Follows {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #keys: MutationKeys;
  readonly #ensureLocalCopy: (despachoId: string) => Promise<unknown>;
  readonly #maxPerViewer: number;

  constructor({ database, clock, keys, ensureLocalCopy, maxPerViewer }: FollowsOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#keys = keys;
    this.#ensureLocalCopy = ensureLocalCopy;
    this.#maxPerViewer = maxPerViewer;
  }

  /**
   * To follow twice changes nothing. With a key it is done once, as in `DispatchRepository`. Rejects with NOT_FOUND, and with
   * LIMIT_EXCEEDED where the viewer follows as many as they may.
   */
  follow(viewerId: string, despachoId: string, key: MutationKey | null = null): Promise<DispatchState> {
    const viewer = storedName(viewerId);
    const subject = { viewerId: viewer, despachoId, key };
    return this.#change('FOLLOWED', subject, async (change, { id: rowId, version }, at) => {
      await lockList(change, viewer);
      const { numInsertedOrUpdatedRows } = await change.query
        .insertInto('follows')
        .values({ viewer_id: viewer, despacho_id: rowId, version, at })
        .onConflict((conflict) => conflict.columns(['viewer_id', 'despacho_id']).doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows !== 1n) return false;
      await this.#assertRoom(change, viewer);
      return true;
    });
  }

  /** To unfollow what is not followed changes nothing. Rejects with NOT_FOUND. */
  unfollow(viewerId: string, despachoId: string, key: MutationKey | null = null): Promise<DispatchState> {
    const viewer = storedName(viewerId);
    const subject = { viewerId: viewer, despachoId, key };
    return this.#change('UNFOLLOWED', subject, async (change, { id: rowId }) => {
      const { numDeletedRows } = await change.query
        .deleteFrom('follows')
        .where('viewer_id', '=', viewer)
        .where('despacho_id', '=', rowId)
        .executeTakeFirst();
      return numDeletedRows === 1n;
    });
  }

  /** What the viewer follows, in the order of following. */
  async followedBy(viewerId: string): Promise<FollowedSince> {
    const rows = await this.#database.query
      .selectFrom('follows')
      .select(['despacho_id', 'version', 'at'])
      .where('viewer_id', '=', storedName(viewerId))
      .orderBy('id')
      .execute();
    return new Map(rows.map(({ despacho_id: id, version, at }) => [String(id), { version, at }]));
  }

  async #assertRoom(change: Change, viewer: string): Promise<void> {
    const { count } = await change.query
      .selectFrom('follows')
      .select(({ fn }) => fn.countAll<number | string>().as('count'))
      .where('viewer_id', '=', viewer)
      .executeTakeFirstOrThrow();
    const limit = this.#maxPerViewer;
    if (Number(count) <= limit) return;
    const message = `You follow as many dispatches as a viewer may, ${limit}: unsubscribeFromDispatch makes room.`;
    throw new ClientError('LIMIT_EXCEEDED', message, { limit });
  }

  /** Holds the dispatch's lock, so that the event shows the dispatch as it is at that point of the board's stream. */
  async #change(
    changeType: FollowEvent['changeType'],
    { viewerId, despachoId, key }: FollowSubject,
    write: (change: Change, row: DispatchRow, at: string) => Promise<boolean>,
  ): Promise<DispatchState> {
    await this.#ensureLocalCopy(despachoId);
    const run = async (change: Change) => {
      const { row, state: dispatch } = await lockDispatch(change, despachoId);
      const at = storedDate(this.#clock.now());
      if (!(await write(change, row, at))) return dispatch;
      const payload: FollowEvent = { changeType, dispatch, actorId: viewerId, timestamp: at };
      await change.writeEvent({
        type: changeType === 'FOLLOWED' ? 'dispatch.followed' : 'dispatch.unfollowed',
        despachoId: row.id,
        actorId: viewerId,
        at,
        topics: [boardTopic.key],
        payload,
      });
      return dispatch;
    };
    return this.#keys.change(key, { run, effectOf: dispatchEffectOf, recall: recallDispatch });
  }
}

/** Of a viewer who follows something already, others that begin meanwhile wait until this change has ended, and are counted then. */
async function lockList({ query, kind }: Change, viewer: string): Promise<void> {
  // SQLite has one writer at a time.
  if (kind === 'sqlite') return;
  const oldest = query.selectFrom('follows').select('id').where('viewer_id', '=', viewer).orderBy('id');
  await oldest.limit(1).forUpdate().execute();
}
