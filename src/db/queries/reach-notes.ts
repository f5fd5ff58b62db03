/** Notes in the database that some process reaches what all share, for one that does not. */
import { type Clock, msSince, shifted } from '../../lib/clock.ts';
import { readMetadata } from '../metadata.ts';
import type { Database } from '../database.ts';
import { storedDate } from '../stored-date.ts';

const name = 'redisReached';

export class ReachNotes {
  readonly #database: Pick<Database, 'query'>;
  readonly #clock: Clock;
  readonly #everyMs: number;
  #notedAt = -Infinity;

  /** `clock`: by which all processes date. `everyMs`: a note that is newer is not made anew. */
  constructor(database: Pick<Database, 'query'>, clock: Clock, everyMs: number) {
    this.#database = database;
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  async note(): Promise<void> {
    const elapsed = this.#clock.elapsed();
    if (elapsed - this.#notedAt < this.#everyMs) return;
    const now = this.#clock.now();
    const [value, due] = [storedDate(now), storedDate(shifted(now, -this.#everyMs))];
    await this.#database.query
      .insertInto('record_facts')
      .values({ name, value })
      .onConflict((conflict) =>
        conflict.column('name').doUpdateSet({ value }).where('record_facts.value', '<', due),
      )
      .execute();
    this.#notedAt = elapsed;
  }

  async ageMs(): Promise<number> {
    const noted = await readMetadata(this.#database, name);
    return noted === null ? Infinity : msSince(Date.parse(noted), this.#clock.now());
  }
}
