/** What the relay takes next is dated, since a log that was lost may have been given it before. */
import { describe, expect, test } from '@jest/globals';
import { oldestUnrelayed } from '../../src/db/database.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { request, tRepositories } from '../support/repositories.ts';

const databases = tDatabases();

describe.each(databaseKinds)('on %s', (kind) => {
  test('what is relayed next is dated by the oldest of it', async () => {
    const database = await databases.open(kind);
    const { dispatches, clock } = tRepositories(database);
    expect(await oldestUnrelayed(database)).toBeNull();
    const createdAt = clock.now();
    await dispatches.create(request, 'ana');
    await clock.advance(1_000);
    await dispatches.create(request, 'ana');
    expect(await oldestUnrelayed(database)).toBe(createdAt);
    const relayedAt = new Date(clock.now()).toISOString();
    await database.query.updateTable('events').set({ relayed_at: relayedAt }).execute();
    expect(await oldestUnrelayed(database)).toBeNull();
  });
});
