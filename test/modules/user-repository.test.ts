/** The promises of users in our own database. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { tRepositories } from '../support/repositories.ts';

const databases = tDatabases();

describe.each(databaseKinds)('users on %s', (kind) => {
  let repositories: ReturnType<typeof tRepositories>;
  beforeEach(async () => {
    repositories = tRepositories(await databases.open(kind));
  });

  test('are known as their last token described them', async () => {
    const { users } = repositories;
    await users.seen({ id: 'ana', name: 'Ana', role: 'dispatcher' });
    await users.seen({ id: 'luz', name: null, role: 'doctor' });
    await users.seen({ id: 'ana', name: 'Ana Quispe', role: 'admin' });
    await users.seen({ id: 'ana', name: 'Ana Quispe', role: 'admin' });
    const found = await users.find(['ana', 'luz', 'nobody', 'ana']);
    expect(Object.fromEntries(found)).toEqual({
      ana: { id: 'ana', name: 'Ana Quispe', role: 'admin' },
      luz: { id: 'luz', name: null, role: 'doctor' },
    });
  });

  test('that are seen many times at once are one', async () => {
    await Promise.all(
      Array.from({ length: 10 }, () => repositories.users.seen({ id: 'ana', name: 'Ana', role: 'admin' })),
    );
    expect([...(await repositories.users.find(['ana'])).values()]).toEqual([
      { id: 'ana', name: 'Ana', role: 'admin' },
    ]);
  });

  test('may have odd names', async () => {
    const odd = "o'\0x%";
    await repositories.users.seen({ id: odd, name: odd, role: null });
    expect((await repositories.users.find([odd])).get(odd)?.name).toBe("o'\ufffdx%");
  });
});
