/** Ids and names that are in the database since before there was one spelling. */
import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { spellAlike } from '../../src/db/migrations/0008-positions-and-spelling.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { byAna, request, tRepositories } from '../support/repositories.ts';

const databases = tDatabases();
const [typed, spelled] = ['Mun\u0303oz', 'Mu\u00f1oz'];

describe.each(databaseKinds)('on %s', (kind) => {
  test('the rows that are there are spelled alike, and those that become the same are one', async () => {
    const database = await databases.open(kind);
    const { query } = database;
    const { dispatches, follows, messages, users, audit } = tRepositories(database);
    for (const actor of ['ana', 'ana', 'ana']) await dispatches.create(request, actor);
    await dispatches.assign('1', { id: 'A-1', placa: 'P-1' }, byAna);
    for (const id of ['1', '2', '3']) await follows.follow('eva', id);
    await follows.follow(spelled, '2');
    await messages.broadcast('general', 'Llegó Mun\u0303oz', 'eva');
    await users.seen({ id: 'eva', name: 'Eva', role: 'doctor' });
    await users.seen({ id: spelled, name: 'Already here', role: 'doctor' });
    await users.seen({ id: 'luz', name: 'Luz', role: 'doctor' });
    // As an earlier release has written it.
    await sql`update dispatches set ambulancia_id = ${typed}, ambulancia_placa = ${typed} where id = 1`.execute(
      query,
    );
    await sql`update follows set viewer_id = ${typed} where viewer_id = 'eva'`.execute(query);
    await sql`update messages set sender_id = ${typed}`.execute(query);
    await sql`update events set actor_id = ${typed} where actor_id = 'ana'`.execute(query);
    await sql`update users set id = ${typed} where id = 'eva'`.execute(query);
    await sql`update users set id = ${`${typed}-2`}, name = ${typed}, role = ${typed} where id = 'luz'`.execute(
      query,
    );

    await database.change((change) => spellAlike(change.query, database.kind));
    const { rows } = await sql<{ ambulancia_id: string; ambulancia_placa: string }>`
      select ambulancia_id, ambulancia_placa from dispatches where id = 1`.execute(query);
    expect(rows).toEqual([{ ambulancia_id: spelled, ambulancia_placa: spelled }]);
    expect([...(await follows.followedBy(typed)).keys()].sort()).toEqual(['1', '2', '3']);
    const [message] = await messages.history('general', 1);
    // What people write stays as it was written.
    expect(message).toMatchObject({ senderId: spelled, message: 'Llegó Mun\u0303oz' });
    expect(await audit.list({ actorId: typed, type: 'dispatch.created' }, 10)).toHaveLength(3);
    const found = await users.find([spelled, `${typed}-2`]);
    expect(found.get(spelled)).toMatchObject({ name: 'Already here' });
    expect(found.get(`${typed}-2`)).toMatchObject({ name: spelled, role: spelled });
    const { count } = await query
      .selectFrom('users')
      .select((eb) => eb.fn.countAll().as('count'))
      .executeTakeFirstOrThrow();
    expect(Number(count)).toBe(2);
  });

  test('a change of nothing but the spelling is none', async () => {
    const { dispatches, follows, audit } = tRepositories(await databases.open(kind));
    const { id } = await dispatches.create(request, 'ana');
    const assigned = await dispatches.assign(id, { id: spelled, placa: spelled }, byAna);
    expect(await dispatches.assign(id, { id: typed, placa: typed }, byAna)).toEqual(assigned);
    await follows.follow(typed, id);
    await follows.follow(spelled, id);
    expect((await audit.list({ actorId: spelled }, 10)).map(({ type }) => type)).toEqual([
      'dispatch.followed',
    ]);
  });
});
