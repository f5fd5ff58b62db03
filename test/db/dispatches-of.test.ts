/** Dispatches are found by their ids, in SQLite without a table that is made for each statement. */
import { describe, expect, test } from '@jest/globals';
import { CompiledQuery } from 'kysely';
import type { Database } from '../../src/db/database.ts';
import { dispatchesOf } from '../../src/db/queries/dispatches-of.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { request, tRepositories } from '../support/repositories.ts';

const databases = tDatabases();

/** The steps of a statement in SQLite's machine. */
async function stepsOf({ query }: Database, { sql, parameters }: CompiledQuery): Promise<string[]> {
  const { rows } = await query.executeQuery<{ opcode: string }>(
    CompiledQuery.raw(`explain ${sql}`, [...parameters]),
  );
  return rows.map(({ opcode }) => opcode);
}

describe.each(databaseKinds)('on %s', (kind) => {
  test('those that there are are found, each once', async () => {
    const database = await databases.open(kind);
    const { dispatches } = tRepositories(database);
    for (let index = 0; index < 5; index += 1) await dispatches.create(request, 'ana');
    const rows = await dispatchesOf(database, [4, 9, 2, 5]).execute();
    expect(rows.map(({ id }) => id).sort()).toEqual([2, 4, 5]);
    expect(rows.map(({ estado }) => estado)).toEqual(['PENDIENTE', 'PENDIENTE', 'PENDIENTE']);
  });
});

test('SQLite makes a table of the list behind in, and none of this one', async () => {
  const database = await databases.open('SQLite in memory');
  const listed = database.query.selectFrom('dispatches').selectAll().where('id', 'in', [1, 2, 3]);
  expect(await stepsOf(database, listed.compile())).toContain('OpenEphemeral');
  expect(await stepsOf(database, dispatchesOf(database, [1, 2, 3]).compile())).not.toContain('OpenEphemeral');
});
