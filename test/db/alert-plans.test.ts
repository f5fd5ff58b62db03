/** What is due, and what is open, is found by an index: with however many dispatches that nothing happens to. */
import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { Change } from '../../src/db/change.ts';
import type { Database } from '../../src/db/database.ts';
import { findOpen } from '../../src/modules/alert/alert-book.ts';
import { nextDueIn } from '../../src/db/queries/next-due.ts';
import { lastPositions, readDue, takeDue } from '../../src/modules/alert/due-watches.ts';
import { alertKinds } from '../../src/modules/alert/events.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { planOf, recording } from '../support/query-plans.ts';
import { request, tRepositories } from '../support/repositories.ts';
import { toNewRow } from '../../src/modules/dispatch/row.ts';

const databases = tDatabases();
const count = 5_000;
const at = '2026-01-01T00:00:00.000Z';
const later = '2026-01-02T00:00:00.000Z';

/** Dispatches of which one in a hundred is due, and had an alert before. */
async function fill({ query }: Database): Promise<void> {
  const of = (start: number) => Array.from({ length: 500 }, (_, index) => start + index + 1);
  for (let start = 0; start < count; start += 500) {
    const ids = of(start);
    await query
      .insertInto('dispatches')
      .values(ids.map(() => toNewRow(request, at)))
      .execute();
    await query
      .insertInto('alert_watches')
      .values(
        ids.map((id) => ({
          ...{ despacho_id: id, estado: 'PENDIENTE', since: at, limits: 'x' },
          due_at: id % 100 === 0 ? at : later,
        })),
      )
      .execute();
    await query
      .insertInto('alerts')
      .values(
        ids.map((id) => ({
          ...{ kind: 'OVERDUE', despacho_id: id, estado: 'PENDIENTE', prioridad: 'ALTA', since: at },
          ...{ limit_at: at, raised_at: at, at, revision: 1, cleared_at: id % 100 === 0 ? null : at },
        })),
      )
      .execute();
    await query
      .insertInto('locations')
      .values(
        ids.map((id) => ({
          ...{ despacho_id: id, latitud: 1, longitud: 1, recorded_at: at, at },
        })),
      )
      .execute();
  }
}

describe.each(databaseKinds)('on %s, of 5,000 dispatches,', (kind) => {
  test('the next date, what is due, and what is open are each read by an index', async () => {
    const database = await databases.open(kind);
    await fill(database);
    if (database.kind === 'postgres') await sql`analyze`.execute(database.query);
    const { recorded, nodes } = recording(database);
    const planOfAll = async (run: () => Promise<unknown>) => {
      nodes.length = 0;
      await run();
      const plans = await Promise.all(nodes.map((node) => planOf(database, node)));
      return plans.join('\n');
    };
    const inChange = (run: (change: Change) => Promise<unknown>) =>
      planOfAll(() => recorded.query.transaction().execute((query) => run(new Change(query, database.kind))));
    const { alerts } = tRepositories(recorded);
    const all = { open: true, kinds: null, despachoId: null, after: null };
    const plans = {
      next: await planOfAll(() => nextDueIn(recorded, 'alert_watches')),
      due: await planOfAll(() => readDue(recorded, at, [])),
      taken: await inChange((change) => takeDue(change, [100, 200, 300], at)),
      open: await inChange((change) => findOpen(change, [100, 200, 300])),
      positions: await inChange((change) => lastPositions(change, [100, 200, 300])),
      listed: await planOfAll(() => alerts.list(all, 50)),
      openIds: await planOfAll(() => alerts.openIds(alertKinds)),
    };
    expect(plans.next).toMatch(/alert_watches_due/);
    expect(plans.due).toMatch(/alert_watches_due/);
    expect(plans.open).toMatch(/alerts_open/);
    expect(plans.openIds).toMatch(/alerts_open/);
    for (const plan of Object.values(plans))
      expect(plan).not.toMatch(
        /seq scan on (alert|dispatches|locations)|scan (alerts|alert_watches|dispatches|locations)$/im,
      );
  });
});
