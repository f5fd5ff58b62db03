/** Whose sessions were ended, in the database: what all processes go by, also one that starts later or has lost Redis. */
import { sql, type Kysely } from 'kysely';
import type { SessionEnd } from '../../auth/sessions/session-ends.ts';
import type { Change } from '../../db/change.ts';
import type { Database } from '../../db/database.ts';
import type { MutationKeys } from '../../db/mutations/mutation-keys.ts';
import { readStored } from '../../db/mutations/stored-effect.ts';
import { storedDate } from '../../db/stored-date.ts';
import { storedName, storedText } from '../../db/stored-text.ts';
import type { SessionEndRow, Tables } from '../../db/tables.ts';
import { dayMs, shifted, type Clock } from '../../lib/clock.ts';
import { ClientError } from '../../lib/errors.ts';
import type { MutationKey } from '../../lib/mutation-key.ts';
import { sessionEnd } from '../../stores/peers/messages.ts';
import { forEver, latest, readDate } from './stored-end.ts';
import { TokenLives } from './token-lives.ts';

/** How long an end is kept that was taken back, milliseconds: until all processes have read that. */
const takenBackMs = dayMs;
/** As many are kept at a time. Each process has all of them in mind, a few hundred bytes each. */
const mostEnds = 100_000;

/** Who does it to whom, and why. */
export interface Decision {
  readonly viewerId: string;
  readonly actorId: string;
  readonly reason: string;
}

export interface SessionEndRecordOptions {
  readonly database: Database;
  readonly keys: MutationKeys;
  readonly clock: Clock;
  /** How many are kept at a time. Default 100,000. */
  readonly maxEnds?: number;
}

/**
 * An end is kept as long as a token of before it may live: for as long as any lives that was ever shown to this service, 30 days at
 * least; for ever where one without an end was shown.
 */
export class SessionEndRecord {
  readonly #options: SessionEndRecordOptions;
  readonly lives: TokenLives;

  constructor(options: SessionEndRecordOptions) {
    this.#options = options;
    this.lives = new TokenLives(options);
  }

  /**
   * Ends the sessions of a viewer: tokens of now and before are refused. With a key it is done once.
   *
   * @throws LIMIT_EXCEEDED where too many are kept already
   */
  end(decision: Decision, key: MutationKey | null): Promise<SessionEnd> {
    return this.#decide(decision, key, async ({ query }, before, now) => {
      if (!before) await this.#assertRoom(query);
      const until = latest(await this.lives.until(query), before?.until);
      return { type: 'session.ended', ended_at: latest(now, before?.ended_at), until };
    });
  }

  /** Takes it back: tokens of before are accepted again, as far as they hold. */
  readmit(decision: Decision, key: MutationKey | null): Promise<SessionEnd> {
    const until = storedDate(shifted(this.#options.clock.now(), takenBackMs));
    return this.#decide(decision, key, async () => ({ type: 'session.readmitted', ended_at: null, until }));
  }

  /** Keeps an end for longer: a token of before it lives until then. */
  async extend(viewerId: string, expiresAt: number | null): Promise<void> {
    const until = expiresAt === null ? forEver : storedDate(expiresAt);
    const changedAt = storedDate(this.#options.clock.now());
    await this.#options.database.query
      .updateTable('session_ends')
      .set({
        until,
        changed_at: sql`case when changed_at < ${changedAt} then ${changedAt} else changed_at end`,
      })
      .where('viewer_id', '=', storedName(viewerId))
      .where('until', '<', until)
      .execute();
  }

  /** Those that have changed at this time or later; all of them where it is null. */
  async changedSince(sinceMs: number | null): Promise<SessionEnd[]> {
    const rows = await this.#options.database.query
      .selectFrom('session_ends')
      .selectAll()
      .$if(sinceMs !== null, (query) => query.where('changed_at', '>=', storedDate(sinceMs!)))
      .execute();
    return rows.map(toSessionEnd);
  }

  /** Deletes ends when no token of before them lives. Resolves with their number. */
  async deleteExpired(): Promise<number> {
    const { numDeletedRows } = await this.#options.database.query
      .deleteFrom('session_ends')
      .where('until', '<', storedDate(this.#options.clock.now()))
      .executeTakeFirst();
    return Number(numDeletedRows);
  }

  async #assertRoom(query: Kysely<Tables>): Promise<void> {
    const { maxEnds = mostEnds } = this.#options;
    const { count } = await query
      .selectFrom('session_ends')
      .select(({ fn }) => fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    if (Number(count) < maxEnds) return;
    throw new ClientError(
      'LIMIT_EXCEEDED',
      `The sessions of ${maxEnds} users are ended already. Change the secret or the keys of tokens instead: that ends all.`,
    );
  }

  #decide(
    { viewerId, actorId, reason }: Decision,
    key: MutationKey | null,
    judge: (
      change: Change,
      before: SessionEndRow | undefined,
      now: string,
    ) => Promise<{ readonly type: string } & Pick<SessionEndRow, 'ended_at' | 'until'>>,
  ): Promise<SessionEnd> {
    const { keys, clock } = this.#options;
    const viewer_id = storedName(viewerId);
    const run = async (change: Change): Promise<SessionEnd> => {
      const before = await change.query
        .selectFrom('session_ends')
        .selectAll()
        .where('viewer_id', '=', viewer_id)
        .$if(change.kind === 'postgres', (query) => query.forUpdate())
        .executeTakeFirst();
      const now = storedDate(clock.now());
      const { type, ...judged } = await judge(change, before, now);
      const changed_at = latest(now, before && storedDate(readDate(before.changed_at) + 1));
      const row = { viewer_id, ...judged, changed_at };
      await change.query
        .insertInto('session_ends')
        .values(row)
        .onConflict((conflict) => conflict.column('viewer_id').doUpdateSet({ ...judged, changed_at }))
        .execute();
      const about = { despachoId: null, actorId: storedName(actorId), at: now, topics: [] };
      const confidential = { reason: storedText(reason) };
      await change.writeEvent({ type, ...about, payload: { userId: viewer_id }, confidential });
      return toSessionEnd(row);
    };
    const recall = async (effect: unknown) => readStored('what this mutation did', sessionEnd, effect);
    return keys.change(key, { run, effectOf: (end) => end, recall });
  }
}

const toSessionEnd = ({ viewer_id, ended_at, until, changed_at }: SessionEndRow): SessionEnd => ({
  viewerId: viewer_id,
  endedAt: ended_at === null ? null : readDate(ended_at),
  until: until === forEver ? null : readDate(until),
  changedAt: readDate(changed_at),
});
