/** Queries that whoever asks can make large are bounded by an index on both databases: they read what they show, and no more. */
import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Database } from '../../src/db/database.ts';
import { fillDatabase, recentRows } from '../support/attack/large-database.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { planOf, recording } from '../support/query-plans.ts';
import { request, tRepositories } from '../support/repositories.ts';

const databases = tDatabases();
const hourMs = 3_600_000;

/** Positions of three dispatches, half of them dated ahead of their arrival. */
async function fillTracks(database: Database, count: number): Promise<void> {
  const { dispatches } = tRepositories(database);
  for (let index = 0; index < 3; index++) await dispatches.create(request, 'ana');
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();
  const values = Array.from({ length: count }, (_, index) => ({
    ...{ despacho_id: 1 + (index % 3), latitud: 1, longitud: index, is_dated: 1 },
    recorded_at: at(index % 2 === 0 ? index * 2 : (index * 7919) % count),
    at: at(index),
  }));
  for (let start = 0; start < count; start += 1_000)
    await database.query
      .insertInto('locations')
      .values(values.slice(start, start + 1_000))
      .execute();
}

describe.each(databaseKinds)('on %s, of 30,000 positions,', (kind) => {
  test('the newest of each dispatch are read by an index, and no others', async () => {
    const database = await databases.open(kind);
    await fillTracks(database, 30_000);
    if (database.kind === 'postgres') await sql`analyze`.execute(database.query);
    const { recorded, nodes } = recording(database);
    const { locations } = tRepositories(recorded);
    for (const limit of [1, 100]) {
      nodes.length = 0;
      const track = await locations.track(['1', '2', '3'], limit);
      expect([...track.values()].map(({ length }) => length)).toEqual([limit, limit, limit]);
      expect(nodes).toHaveLength(1);
      const plan = await planOf(database, nodes[0]!);
      expect(plan).toMatch(/locations_by_order/);
      expect(plan).not.toMatch(/seq scan on locations/i);
      const counts = [...plan.matchAll(/actual .*?rows=(\d+)/g)].map(([, count]) => Number(count));
      // Of those of the same time, which are few, some more.
      expect(Math.max(0, ...counts)).toBeLessThanOrEqual(3 * limit + 10);
    }
  });
});

describe.each(databaseKinds)('on %s, of 150,000 dispatches and as many messages,', (kind) => {
  test('what has changed is found, and a list filtered twice, by an index', async () => {
    const database = await databases.open(kind);
    await fillDatabase(database);
    if (database.kind === 'postgres') await sql`analyze`.execute(database.query);
    const { recorded, nodes } = recording(database);
    const { dispatches, messages } = tRepositories(recorded);
    const plansOf = async (run: () => Promise<unknown>) => {
      nodes.length = 0;
      await run();
      return Promise.all(nodes.map((node) => planOf(database, node)));
    };
    const byIndex = (index: string) => [expect.stringMatching(new RegExp(`\\b${index}\\b`))];
    const now = Date.now();

    // Whether a little has changed or everything: a planner chooses by how much it expects.
    for (const since of [now - hourMs, now - 20 * hourMs, 0]) {
      const found = await plansOf(() => dispatches.changedSince(since, 10_001));
      expect(found).toEqual(byIndex('dispatches_by_change'));
      const sent = await plansOf(() => messages.idsSince('general', since, 10_001));
      // By date alone is as good where there is one channel.
      expect(sent).toEqual(byIndex('messages_by_(time|date)'));
      // PostgreSQL sorts what it expects to be little, and says how many rows each step had.
      for (const plan of [...found, ...sent]) {
        expect(plan).not.toMatch(/temp b-tree|seq scan/i);
        const counts = [...plan.matchAll(/actual .*?rows=(\d+)/g)].map(([, count]) => Number(count));
        expect(Math.max(0, ...counts)).toBeLessThanOrEqual(10_001);
      }
    }
    const filtered = await plansOf(() =>
      dispatches.list({ estado: 'EN_CAMINO', prioridad: 'CRITICA' }, 50, 0),
    );
    expect(filtered).toEqual(byIndex('dispatches_by_both'));
    const page = await plansOf(() => dispatches.findPublished(['1', '70000', '150000']));
    expect(page).toEqual([expect.stringMatching(/primary key|dispatches_pkey/i)]);

    expect(await dispatches.changedSince(now - hourMs, 10_001)).toHaveLength(recentRows);
    expect(await dispatches.changedSince(0, 10_001)).toHaveLength(10_001);
    expect(await messages.idsSince('general', 0, 10_001)).toHaveLength(10_001);
  });
});
