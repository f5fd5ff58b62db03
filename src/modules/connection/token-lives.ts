/** How long tokens live: until when one may that was shown to any process, which says how long the end of a session is kept. */
import type { Kysely } from 'kysely';
import type { Database } from '../../db/database.ts';
import { readMetadata } from '../../db/metadata.ts';
import { storedDate } from '../../db/stored-date.ts';
import type { Tables } from '../../db/tables.ts';
import { dayMs, shifted, type Clock } from '../../lib/clock.ts';
import { forEver, latest } from './stored-end.ts';

/** What is reckoned with in any case: tokens of so short a life need not be noted, milliseconds. */
const usualMs = 30 * dayMs;
/** Noted beyond the end of a token, so that one that was issued a little later is no news, milliseconds. */
const marginMs = dayMs;

const factName = 'tokens_live_until';

export class TokenLives {
  readonly #database: Database;
  readonly #clock: Pick<Clock, 'now'>;
  /** What is noted already. */
  #noted = '';

  constructor({ database, clock }: { readonly database: Database; readonly clock: Pick<Clock, 'now'> }) {
    this.#database = database;
    this.#clock = clock;
  }

  /** A good token was shown; `expiresAt` is null for one that never ends. Rejects as the database's queries do. */
  async note(expiresAt: number | null): Promise<void> {
    const end = expiresAt === null ? forEver : storedDate(expiresAt);
    if (end <= this.#noted || end <= this.#usual()) return;
    const value = expiresAt === null ? forEver : storedDate(expiresAt + marginMs);
    await this.#database.query
      .insertInto('record_facts')
      .values({ name: factName, value })
      .onConflict((conflict) =>
        conflict.column('name').doUpdateSet({ value }).where('record_facts.value', '<', value),
      )
      .execute();
    this.#noted = value;
  }

  /** Until when a token may live that was issued before now. */
  async until(query: Kysely<Tables>): Promise<string> {
    return latest(this.#usual(), await readMetadata({ query }, factName));
  }

  #usual(): string {
    return storedDate(shifted(this.#clock.now(), usualMs));
  }
}
