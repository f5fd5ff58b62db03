/** Deadlines are found by an index of their dates: with however many assignments that nobody waits for. */
import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { Change } from '../../src/db/change.ts';
import type { Database } from '../../src/db/database.ts';
import { AssignmentReader } from '../../src/modules/dispatch/assignments/assignment-reader.ts';
import { nextDueIn } from '../../src/db/queries/next-due.ts';
import { lockDue } from '../../src/modules/dispatch/assignments/due-assignments.ts';
import { ManualClock } from '../support/clock.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { planOf, recording } from '../support/query-plans.ts';
import { request, tRepositories } from '../support/repositories.ts';

const databases = tDatabases();
const count = 10_000;
const at = '2026-01-01T00:00:00.000Z';

const dispatchCount = 20;

/** Dispatches that were assigned again and again: an assignment of each hundred is due, and the last one is the present one. */
async function fillAssignments(database: Database): Promise<void> {
  const { dispatches } = tRepositories(database);
  for (let index = 0; index < dispatchCount; index += 1) await dispatches.create(request, 'ana');
  const values = Array.from({ length: count }, (_, index) => ({
    ...{
      despacho_id: 1 + (index % dispatchCount),
      ambulancia_id: `A-${index % 500}`,
      assigned_at: at,
      answer: 'PENDING',
    },
    ...{ level: 0, revision: 1, due_at: index % 100 === 0 ? at : null },
    ended_at: index === count - 1 ? null : at,
  }));
  for (let start = 0; start < count; start += 1_000)
    await database.query
      .insertInto('assignments')
      .values(values.slice(start, start + 1_000))
      .execute();
}

describe.each(databaseKinds)('on %s, of 10,000 assignments,', (kind) => {
  test('the next deadline, what is due, and what a crew has to do are each read by an index', async () => {
    const database = await databases.open(kind);
    await fillAssignments(database);
    if (database.kind === 'postgres') await sql`analyze`.execute(database.query);
    const { recorded, nodes } = recording(database);
    const plansOf = async (run: () => Promise<unknown>) => {
      nodes.length = 0;
      await run();
      const plans = await Promise.all(nodes.map((node) => planOf(database, node)));
      return plans.join('\n');
    };
    const reader = new AssignmentReader(recorded, new ManualClock());
    const next = await plansOf(() => nextDueIn(recorded, 'assignments'));
    const due = await plansOf(() =>
      recorded.query
        .transaction()
        .execute((query) => lockDue(new Change(query, database.kind), at, { only: null, without: [] })),
    );
    const newest = await plansOf(() => reader.newestOf(['1']));
    const open = await plansOf(() => reader.openOf('A-499'));
    const ended = await plansOf(() => reader.endedSince('A-1', Date.parse(at)));
    expect([next, due, newest, open, ended]).toEqual([
      expect.stringMatching(/assignments_due/),
      expect.stringMatching(/assignments_due/),
      expect.stringMatching(/assignments_by_dispatch/),
      expect.stringMatching(/assignments_(of_ambulance|open)/),
      expect.stringMatching(/assignments_ended/),
    ]);
    for (const plan of [next, due, open, ended])
      expect(plan).not.toMatch(/seq scan on assignments|scan assignments$/im);
    expect(await reader.openOf('A-499')).toHaveLength(1);
    expect(await reader.endedSince('A-1', Date.parse(at))).toHaveLength(count / 500);
    expect(await reader.endedSince('A-1', Date.parse(at) + 1)).toEqual([]);
  });
});
