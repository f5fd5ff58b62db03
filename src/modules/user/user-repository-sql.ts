/** Users in our own database: what their last tokens said of them. */
import type { Database } from '../../db/database.ts';
import { queryByIds } from '../../db/row-id.ts';
import { storedName } from '../../db/stored-text.ts';
import type { KnownUser, UserRepository } from './user-repository.ts';

export class SqlUserRepository implements UserRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async seen(viewer: KnownUser): Promise<void> {
    const user = { id: storedName(viewer.id), name: storedName(viewer.name), role: storedName(viewer.role) };
    const known = (await this.find([user.id])).get(user.id);
    if (known && known.name === user.name && known.role === user.role) return;
    await this.#database.query
      .insertInto('users')
      .values(user)
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ name: user.name, role: user.role }))
      .execute();
  }

  async find(ids: readonly string[]): Promise<ReadonlyMap<string, KnownUser>> {
    // By the id that was asked for: the stored one may differ from it.
    const asked = new Map(ids.map((id) => [storedName(id), id]));
    const rows = await queryByIds([...asked.keys()], (some) =>
      this.#database.query.selectFrom('users').selectAll().where('id', 'in', some).execute(),
    );
    return new Map(rows.map((row) => [asked.get(row.id) ?? row.id, row]));
  }
}
