/** Keeps what mutations did, for as long as they may be sent again. */
import { setImmediate } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { shifted, type Clock } from '../../lib/clock.ts';
import { badUserInput } from '../../lib/errors.ts';
import type { MutationKey } from '../../lib/mutation-key.ts';
import type { Change } from '../change.ts';
import type { Database } from '../database.ts';
import { parseStoredJson } from './stored-effect.ts';
import { storedDate } from '../stored-date.ts';
import type { Tables } from '../tables.ts';

/** Clients that come back after a day have forgotten what they sent. */
const keptForMs = 24 * 60 * 60_000;
/** Rows that are deleted at a time. SQLite does one thing at a time, so all else waits for a batch. */
const batchSize = 500;

/** `made`: for the first time. `repeated`: it was made before. `reused`: refused, since the key was that of another mutation. */
type KeyOutcome = 'made' | 'repeated' | 'reused';

/** A change of our own database. `Effect` is JSON: what the change did, from which any selection can be answered later. */
export interface KeyedChange<Value, Effect> {
  run(change: Change): Promise<Value>;
  /** Called in the transaction, after `run`. */
  effectOf(value: Value, change: Change): Effect | Promise<Effect>;
  /** Reads again what the first one resolved with. */
  recall(effect: Effect, query: Kysely<Tables>): Promise<Value>;
}

/** What is known of a mutation that was begun before. */
export type KeptMutation =
  | { readonly state: 'done'; readonly effect: unknown }
  /** Somebody is at it. */
  | { readonly state: 'under way' }
  /** Who was at it has died, or does not know what came of it. */
  | { readonly state: 'unknown' };

/**
 * A mutation with a key has one effect, however often, over however many processes, and however concurrently it is sent.
 *
 * - What is a change of our own database has its key in the same transaction: who comes second waits for the first to commit,
 *   and finds its effect; when the first one rolls back, nothing of it is kept, and the second is the first.
 * - What another service carries out has its key written before, see `RemoteMutations`.
 *
 * Everything rejects with BAD_USER_INPUT (`reason: IDEMPOTENCY_KEY_REUSED`) where the key was that of another mutation.
 */
export class MutationKeys {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #onOutcome: (outcome: KeyOutcome) => void;

  /** `onOutcome`: told of each mutation with a key what became of it. */
  constructor(database: Database, clock: Clock, onOutcome: (outcome: KeyOutcome) => void = () => {}) {
    this.#database = database;
    this.#clock = clock;
    this.#onOutcome = onOutcome;
  }

  /** Runs a change, once where it has a key. */
  change<Value, Effect>(
    key: MutationKey | null,
    { run, effectOf, recall }: KeyedChange<Value, Effect>,
  ): Promise<Value> {
    if (key === null) return this.#database.change(run);
    const keyed = async (change: Change): Promise<Value> => {
      const kept = await this.#claim(change.query, key, null);
      // Only a mutation of another service has a key without an effect.
      if (kept?.state === 'done') return recall(kept.effect as Effect, change.query);
      const value = await run(change);
      await this.keep(key.id, await effectOf(value, change), change.query);
      return value;
    };
    return this.#database.change(keyed, { isKeyed: true });
  }

  /** Does what needs no transaction, since to do it twice at the same time does no harm: only never again later. */
  async outside(key: MutationKey | null, run: () => Promise<void> | void): Promise<void> {
    if (key !== null && (await this.recall(key)) !== null) return;
    await run();
    if (key === null) return;
    await this.#claim(this.#database.query, key, null);
    await this.keep(key.id, {});
  }

  /**
   * Resolves with whether this is the first time that the id is claimed: by whoever does, on any process, for as long as keys are
   * kept. It is no mutation's.
   */
  async claimOnce(id: string): Promise<boolean> {
    const expiresAt = storedDate(shifted(this.#clock.now(), keptForMs));
    const { numInsertedOrUpdatedRows } = await this.#database.query
      .insertInto('mutation_keys')
      .values({ id, content: '', effect: '{}', until: null, expires_at: expiresAt })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  }

  /** What is known of the mutation; null when nobody has begun it. */
  recall(key: MutationKey): Promise<KeptMutation | null> {
    return this.#read(this.#database.query, key);
  }

  /** When the mutation was begun, ISO 8601 in UTC; null when nobody has begun it. */
  async begunAt({ id }: MutationKey): Promise<string | null> {
    const row = await this.#database.query
      .selectFrom('mutation_keys')
      .select('expires_at')
      .where('id', '=', id)
      .executeTakeFirst();
    return row ? storedDate(Date.parse(row.expires_at) - keptForMs) : null;
  }

  /** Begins a mutation that another service carries out. Resolves with null when it is the caller who has to do it. */
  begin(key: MutationKey, leaseMs: number): Promise<KeptMutation | null> {
    return this.#claim(this.#database.query, key, storedDate(shifted(this.#clock.now(), leaseMs)));
  }

  /** Notes what a mutation did, unless that is known. `query` is that of the change that did it, if it is one. */
  async keep(id: string, effect: unknown, query: Kysely<Tables> = this.#database.query): Promise<void> {
    await query
      .updateTable('mutation_keys')
      .set({ effect: JSON.stringify(effect), until: null })
      .where('id', '=', id)
      .where('effect', 'is', null)
      .execute();
  }

  /** Nobody knows whether a mutation that was begun has happened, and nobody is at it any more. */
  async abandon({ id }: MutationKey): Promise<void> {
    await this.#database.query
      .updateTable('mutation_keys')
      .set({ until: storedDate(this.#clock.now()) })
      .where('id', '=', id)
      .where('effect', 'is', null)
      .execute();
  }

  /** Nobody is at any mutation: to be called at the start where no other process uses the database. */
  async abandonAll(): Promise<void> {
    const now = storedDate(this.#clock.now());
    await this.#database.query
      .updateTable('mutation_keys')
      .set({ until: now })
      .where('until', '>', now)
      .execute();
  }

  /** A mutation that was begun has not happened: whoever sends it again begins it anew. */
  async forget({ id }: MutationKey): Promise<void> {
    await this.#database.query
      .deleteFrom('mutation_keys')
      .where('id', '=', id)
      .where('effect', 'is', null)
      .execute();
  }

  /** Deletes keys that are too old; `onDeleted` is told of each batch. Resolves with their number. */
  async deleteExpired(onDeleted: (count: number) => void = () => {}): Promise<number> {
    const now = storedDate(this.#clock.now());
    for (let deleted = 0; ; await setImmediate()) {
      const { numDeletedRows } = await this.#database.query
        .deleteFrom('mutation_keys')
        .where('id', 'in', (query) =>
          query
            .selectFrom('mutation_keys')
            .select('id')
            .where('expires_at', '<', now)
            .orderBy('expires_at')
            .limit(batchSize),
        )
        .executeTakeFirst();
      deleted += Number(numDeletedRows);
      onDeleted(Number(numDeletedRows));
      if (numDeletedRows < batchSize) return deleted;
    }
  }

  /** On PostgreSQL the insert waits for a transaction that has inserted the same key, and then sees what became of it. */
  async #claim(query: Kysely<Tables>, key: MutationKey, until: string | null): Promise<KeptMutation | null> {
    for (;;) {
      const now = this.#clock.now();
      const values = {
        content: key.content,
        effect: null,
        until,
        expires_at: storedDate(shifted(now, keptForMs)),
      };
      const { numInsertedOrUpdatedRows } = await query
        .insertInto('mutation_keys')
        .values({ id: key.id, ...values })
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet(values).where('mutation_keys.expires_at', '<=', storedDate(now)),
        )
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 1n) {
        this.#onOutcome('made');
        return null;
      }
      const kept = await this.#read(query, key);
      // It may have been forgotten, or have expired, in between.
      if (kept) return kept;
    }
  }

  async #read(query: Kysely<Tables>, key: MutationKey): Promise<KeptMutation | null> {
    const row = await query
      .selectFrom('mutation_keys')
      .select(['content', 'effect', 'until', 'expires_at'])
      .where('id', '=', key.id)
      .executeTakeFirst();
    const now = storedDate(this.#clock.now());
    if (!row || row.expires_at <= now) return null;
    if (row.content !== key.content) {
      this.#onOutcome('reused');
      throw keyReused();
    }
    if (row.effect !== null) {
      this.#onOutcome('repeated');
      return { state: 'done', effect: parseStoredJson('what this mutation did', row.effect) };
    }
    return { state: row.until !== null && row.until > now ? 'under way' : 'unknown' };
  }
}

function keyReused() {
  return badUserInput(
    'This idempotency key is that of another mutation: of another field, or with other arguments. Each mutation needs one of its own.',
    { reason: 'IDEMPOTENCY_KEY_REUSED' },
  );
}
