/** The subscriptions by callback of a single process, in its database: it goes on with them when it starts again. */
import type { Kysely } from 'kysely';
import type { Database } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import type {
  CallbackEntry,
  CallbackKept,
  CallbackStore,
  CallbackTake,
  CallbackWrite,
  CallbackWritten,
  TakenCallback,
} from './callbacks.ts';

/** Writes of one transaction, kept few because other changes wait for it. */
const writesPerTransaction = 100;
const nobody = '';

/** A process that knows of no other has no use for leases: what it finds when it begins was that of one which has ended. */
export class CallbacksRecord implements CallbackStore {
  readonly isShared = false;
  readonly #query: Kysely<Tables>;
  /** What was there when it began, by name; null before it has looked. */
  #found: Map<string, string> | null = null;

  constructor({ query }: Pick<Database, 'query'>) {
    this.#query = query;
  }

  async keep(entry: CallbackEntry, how: 'begin' | 'restore'): Promise<CallbackKept> {
    const { name, generation, data, position } = entry;
    // What it keeps itself was not there when it began.
    this.#found ??= await this.#find();
    this.#found.delete(name);
    const { numInsertedOrUpdatedRows } = await this.#query
      .insertInto('callbacks')
      .values({ name, generation, data, position })
      .onConflict((conflict) => {
        const renewed = conflict.column('name').doUpdateSet({ generation, data, position });
        return how === 'begin' ? renewed : renewed.where('callbacks.generation', '=', generation);
      })
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 0n ? 'replaced' : 'kept';
  }

  async write(writes: readonly CallbackWrite[]): Promise<readonly CallbackWritten[]> {
    const written: CallbackWritten[] = [];
    for (let start = 0; start < writes.length; start += writesPerTransaction) {
      const group = writes.slice(start, start + writesPerTransaction);
      written.push(...(await this.#writeGroup(group)));
    }
    return written;
  }

  async take({ generation, limit }: CallbackTake): Promise<readonly TakenCallback[]> {
    this.#found ??= await this.#find();
    const left = await this.#query
      .selectFrom('callbacks')
      .select('name')
      .where('generation', '=', nobody)
      .limit(limit)
      .execute();
    const due = new Map([...left.map(({ name }) => [name, nobody] as const), ...this.#found].slice(0, limit));
    const taken: TakenCallback[] = [];
    for (const [name, before] of due) {
      const row = await this.#query
        .updateTable('callbacks')
        .set({ generation: `${generation}.${taken.length}` })
        .where('name', '=', name)
        .where('generation', '=', before)
        .returningAll()
        .executeTakeFirst();
      this.#found.delete(name);
      if (row) taken.push({ ...row, wasReleased: before === nobody });
    }
    return taken;
  }

  async #find(): Promise<Map<string, string>> {
    const rows = await this.#query
      .selectFrom('callbacks')
      .select(['name', 'generation'])
      .where('generation', '!=', nobody)
      .execute();
    return new Map(rows.map(({ name, generation }) => [name, generation]));
  }

  async #writeGroup(group: readonly CallbackWrite[]): Promise<readonly CallbackWritten[]> {
    if (group.every(({ act, position }) => act === 'renew' && position === null))
      return this.#look(this.#query, group);
    return this.#query.transaction().execute(async (query) => {
      const states = await this.#look(query, group);
      for (const [at, write] of group.entries()) if (states[at] === 'written') await change(query, write);
      return states;
    });
  }

  /** Who may write. */
  async #look(query: Kysely<Tables>, group: readonly CallbackWrite[]): Promise<readonly CallbackWritten[]> {
    const rows = await query
      .selectFrom('callbacks')
      .select(['name', 'generation'])
      .where(
        'name',
        'in',
        group.map(({ name }) => name),
      )
      .execute();
    const generations = new Map(rows.map(({ name, generation }) => [name, generation]));
    return group.map(({ name, generation }) => {
      const newest = generations.get(name);
      return newest === undefined ? 'missing' : newest === generation ? 'written' : 'replaced';
    });
  }
}

async function change(
  query: Kysely<Tables>,
  { name, generation, act, position }: CallbackWrite,
): Promise<void> {
  if (act === 'end') {
    await query
      .deleteFrom('callbacks')
      .where('name', '=', name)
      .where('generation', '=', generation)
      .execute();
    return;
  }
  if (act === 'renew' && position === null) return;
  await query
    .updateTable('callbacks')
    .set({
      ...(position !== null && { position }),
      ...(act === 'release' && { generation: nobody }),
    })
    .where('name', '=', name)
    .where('generation', '=', generation)
    .execute();
}
