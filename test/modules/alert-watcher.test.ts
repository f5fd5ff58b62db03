/** Alerts on the record: each is raised once and at its time, on any number of processes, and cleared by what ends its reason. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Database } from '../../src/db/database.ts';
import { AlertBook } from '../../src/modules/alert/alert-book.ts';
import { AlertWatcher } from '../../src/modules/alert/alert-watcher.ts';
import { noLimits, type AlertLimits } from '../../src/modules/alert/limits.ts';
import { toNewRow } from '../../src/modules/dispatch/row.ts';
import { createLogger } from '../../src/observability/log.ts';
import { ManualClock } from '../support/clock.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { byAna, position, request, tRepositories } from '../support/repositories.ts';
import { until } from '../support/until.ts';

const databases = tDatabases();
const secondMs = 1_000;
const never = { BAJA: null, MEDIA: null, ALTA: null, CRITICA: null };
const answerMs = { ...never, ALTA: 30 * secondMs };
const limits: AlertLimits = {
  stalePositionMs: { ...never, ALTA: 60 * secondMs },
  undeliveredMs: { ...never, ALTA: 20 * secondMs },
  overdueMs: {
    ...noLimits.overdueMs,
    PENDIENTE: { ...never, ALTA: 600 * secondMs, CRITICA: 10 * secondMs },
    EN_SITIO: { ...never, ALTA: 100 * secondMs },
  },
  answersExpected: true,
};
type Delivery = 'DELIVERED' | 'UNKNOWN' | 'NOT_YET';

describe.each(databaseKinds)('alerts on %s', (kind) => {
  let database: Database;
  let clock: ManualClock;
  let repositories: ReturnType<typeof tRepositories>;
  /** What receipts say of every assignment. */
  let delivery: Delivery;
  beforeEach(async () => {
    database = await databases.open(kind);
    clock = new ManualClock();
    repositories = tRepositories(database, { clock, answerMs, limits });
    delivery = 'NOT_YET';
  });

  /** As another process has one. */
  function createWatcher(book: AlertBook = repositories.alertBook): AlertWatcher {
    const watcher = new AlertWatcher({
      ...{ database, clock, book, log: createLogger('silent') },
      deliveriesOf: (ids) => Promise.resolve(new Map(ids.map((id) => [id, { state: delivery }]))),
    });
    databases.cleanUp(() => watcher.close());
    return watcher;
  }

  const create = async (prioridad: 'BAJA' | 'ALTA' | 'CRITICA' = 'ALTA') =>
    (await repositories.dispatches.create({ ...request, prioridad }, 'ana')).id;
  const assign = (id: string, ambulance = 'A-1') =>
    repositories.dispatches.assign(id, { id: ambulance, placa: null }, byAna);
  const move = (id: string, estado: 'EN_CAMINO' | 'EN_SITIO' | 'CANCELADO') =>
    repositories.dispatches.updateStatus(id, estado, byAna);
  const report = (id: string, recordedAt: string | null = null) =>
    repositories.locations.report(
      id,
      { ...position, recordedAt },
      { actorId: 'eva', onlyAmbulanciaId: null },
    );
  async function driving(): Promise<string> {
    const id = await create();
    await assign(id);
    await move(id, 'EN_CAMINO');
    return id;
  }

  /** Time passes, and everything is looked at that is due then. */
  async function after(ms: number, watcher: AlertWatcher): Promise<void> {
    await clock.advance(ms);
    while (await watcher.lookNext());
  }
  const all = { open: null, kinds: null, despachoId: null, after: null };
  const open = async () =>
    (await repositories.alerts.list({ ...all, open: true }, 100)).map(({ kind: one }) => one);
  /** What has happened, as the audit trail has it, the oldest first. */
  async function told(): Promise<string[]> {
    const entries = await repositories.audit.list({}, 500);
    return entries
      .filter(({ type }) => type.startsWith('alert.'))
      .map(({ type, data }) => `${type.slice(6)} ${(data as { alert: { kind: string } }).alert.kind}`)
      .reverse();
  }

  test('a dispatch that waits for too long is raised once, at its limit and not before, and cleared when it goes on', async () => {
    const watcher = createWatcher();
    const id = await create('CRITICA');
    await after(10 * secondMs - 1, watcher);
    expect(await open()).toEqual([]);
    await after(1, watcher);
    await after(3_600 * secondMs, watcher);
    expect(await open()).toEqual(['OVERDUE']);
    expect(await repositories.alerts.list({ ...all, despachoId: id }, 100)).toMatchObject([
      {
        ...{ estado: 'PENDIENTE', prioridad: 'CRITICA', since: '2026-01-01T00:00:00.000Z' },
        ...{ limitAt: '2026-01-01T00:00:10.000Z', raisedAt: '2026-01-01T00:00:10.000Z', clearedAt: null },
      },
    ]);
    await assign(id);
    expect(await told()).toEqual(['raised OVERDUE', 'cleared OVERDUE']);
  });

  test('each priority and each status has its own limit, and without one there is no alert', async () => {
    const watcher = createWatcher();
    await create('BAJA');
    const id = await create('ALTA');
    await after(599 * secondMs, watcher);
    expect(await open()).toEqual([]);
    await after(secondMs, watcher);
    expect(await open()).toEqual(['OVERDUE']);
    await assign(id);
    await move(id, 'EN_CAMINO');
    await move(id, 'EN_SITIO');
    await after(100 * secondMs, watcher);
    expect((await repositories.alerts.list({ ...all, open: true }, 10)).map(({ estado }) => estado)).toEqual([
      'EN_SITIO',
    ]);
  });

  test('an ambulance on its way that reports no position is raised, and cleared when it is back', async () => {
    const watcher = createWatcher();
    const id = await driving();
    await after(59 * secondMs, watcher);
    await report(id);
    await after(59 * secondMs, watcher);
    expect(await open()).toEqual([]);
    await after(secondMs, watcher);
    expect(await open()).toEqual(['STALE_POSITION']);
    await after(30 * secondMs, watcher);
    // One that was measured long ago, and comes in now, says not where it is.
    await report(id, '2026-01-01T00:01:00.000Z');
    await after(30 * secondMs, watcher);
    expect(await open()).toEqual(['STALE_POSITION']);
    await report(id);
    expect(await open()).toEqual([]);
    expect(await told()).toEqual(['raised STALE_POSITION', 'cleared STALE_POSITION', 'raised BACK_ONLINE']);
    await after(60 * secondMs, watcher);
    await move(id, 'EN_SITIO');
    expect((await told()).slice(3)).toEqual(['raised STALE_POSITION', 'cleared STALE_POSITION']);
  });

  test('positions that a process of the release before has stored are seen as well', async () => {
    const watcher = createWatcher();
    const id = await driving();
    await after(60 * secondMs, watcher);
    expect(await open()).toEqual(['STALE_POSITION']);
    const before = tRepositories(database, { clock });
    await before.locations.report(id, position, { actorId: 'eva', onlyAmbulanciaId: null });
    expect(await open()).toEqual(['STALE_POSITION']);
    await after(5 * secondMs, watcher);
    expect((await told()).slice(1)).toEqual(['cleared STALE_POSITION', 'raised BACK_ONLINE']);
  });

  test('an assignment that no client of its crew has is raised, and cleared once one has it', async () => {
    const watcher = createWatcher();
    const id = await create();
    await assign(id);
    await after(20 * secondMs, watcher);
    expect(await open()).toEqual(['UNDELIVERED']);
    delivery = 'DELIVERED';
    await after(4 * secondMs, watcher);
    expect(await open()).toEqual(['UNDELIVERED']);
    await after(secondMs, watcher);
    expect(await open()).toEqual([]);
    await after(5 * secondMs, watcher);
    expect(await open()).toEqual(['UNANSWERED']);
    const [alert] = await repositories.alerts.list({ ...all, kinds: ['UNANSWERED'] }, 1);
    expect(alert).toMatchObject({
      assignmentId: '1',
      ambulanciaId: 'A-1',
      limitAt: '2026-01-01T00:00:30.000Z',
    });
    await repositories.assignments.answer({
      ...{ despachoId: id, assignmentId: null, actorId: 'eva', ambulanciaId: 'A-1', isAnybody: false },
      ...{ key: null, accept: true, reason: null },
    });
    expect(await told()).toEqual([
      ...['raised UNDELIVERED', 'cleared UNDELIVERED'],
      ...['raised UNANSWERED', 'cleared UNANSWERED'],
    ]);
  });

  test.each(['UNKNOWN', 'DELIVERED'] as const)(
    'an assignment is no alert whose delivery is %s',
    async (state) => {
      delivery = state;
      const watcher = createWatcher();
      await assign(await create());
      await after(29 * secondMs, watcher);
      expect(await told()).toEqual([]);
    },
  );

  test('an assignment that another ambulance has taken over is another alert', async () => {
    const watcher = createWatcher();
    const id = await create();
    await assign(id);
    await after(20 * secondMs, watcher);
    await assign(id, 'A-2');
    expect(await open()).toEqual([]);
    await after(20 * secondMs, watcher);
    const found = await repositories.alerts.list(all, 10);
    expect(found.map(({ ambulanciaId, clearedAt }) => [ambulanciaId, clearedAt === null])).toEqual([
      ['A-2', true],
      ['A-1', false],
    ]);
  });

  test('the end of a dispatch clears all of its alerts, and nothing wakes for it any more', async () => {
    const watcher = createWatcher();
    const id = await create('CRITICA');
    await after(10 * secondMs, watcher);
    await move(id, 'CANCELADO');
    expect(await open()).toEqual([]);
    expect(await database.query.selectFrom('alert_watches').selectAll().execute()).toEqual([]);
  });

  test('whoever acknowledges first is kept, and it clears nothing', async () => {
    const watcher = createWatcher();
    await create('CRITICA');
    await after(10 * secondMs, watcher);
    await repositories.alerts.acknowledge('1', 'ana', null);
    await clock.advance(secondMs);
    const again = await repositories.alerts.acknowledge('1', 'eva', null);
    expect(again).toMatchObject({ acknowledgedBy: 'ana', acknowledgedAt: '2026-01-01T00:00:10.000Z' });
    expect(await told()).toEqual(['raised OVERDUE', 'acknowledged OVERDUE']);
    expect(await open()).toEqual(['OVERDUE']);
    await expect(repositories.alerts.acknowledge('9', 'ana', null)).rejects.toMatchObject({
      extensions: { code: 'NOT_FOUND' },
    });
  });

  test('each is raised once, however many processes are at it', async () => {
    for (let index = 0; index < 60; index += 1) await create('CRITICA');
    await clock.advance(10 * secondMs);
    const lookUntilNone = async (watcher: AlertWatcher) => {
      while (await watcher.lookNext());
    };
    // Each has begun before they are all at it.
    const watchers = Array.from({ length: 4 }, () => createWatcher());
    await Promise.all(watchers.map(lookUntilNone));
    await lookUntilNone(watchers[0]!);
    expect(await told()).toEqual(Array.from({ length: 60 }, () => 'raised OVERDUE'));
  });

  test('what was created before there were alerts is looked after from the start of a process on', async () => {
    const before = tRepositories(database, { clock });
    const { id } = await before.dispatches.create({ ...request, prioridad: 'CRITICA' }, 'ana');
    await clock.advance(3_600 * secondMs);
    const watcher = createWatcher();
    await after(0, watcher);
    expect(await repositories.alerts.list(all, 10)).toMatchObject([
      {
        kind: 'OVERDUE',
        despachoId: id,
        limitAt: '2026-01-01T00:00:10.000Z',
        raisedAt: '2026-01-01T01:00:00.000Z',
      },
    ]);
  });

  test('so are more than one statement takes over', async () => {
    const at = '2026-01-01T00:00:00.000Z';
    const rows = Array.from({ length: 1_500 }, () => toNewRow({ ...request, prioridad: 'BAJA' }, at));
    await database.query.insertInto('dispatches').values(rows).execute();
    await after(0, createWatcher());
    const { count } = await database.query
      .selectFrom('alert_watches')
      .select(({ fn }) => fn.countAll<number | string>().as('count'))
      .where('limits', '=', repositories.alertBook.limitsName)
      .executeTakeFirstOrThrow();
    expect(Number(count)).toBe(rows.length);
    const due = await database.query
      .selectFrom('alert_watches')
      .select('despacho_id')
      .where('due_at', 'is not', null)
      .execute();
    expect(due).toEqual([]);
  });

  test('what a process of the release before has moved on is judged by what it is now', async () => {
    const watcher = createWatcher();
    const id = await create('CRITICA');
    const before = tRepositories(database, { clock });
    await before.dispatches.assign(id, { id: 'A-1', placa: null }, byAna);
    await after(10 * secondMs, watcher);
    expect(await told()).toEqual([]);
  });

  test('limits that are no longer configured clear their alerts', async () => {
    await create('CRITICA');
    await after(10 * secondMs, createWatcher());
    expect(await open()).toEqual(['OVERDUE']);
    await after(0, createWatcher(new AlertBook(noLimits)));
    expect(await told()).toEqual(['raised OVERDUE', 'cleared OVERDUE']);
  });

  test('one that cannot be read keeps no other from being raised', async () => {
    const strange = await create('CRITICA');
    await create('CRITICA');
    await database.query
      .updateTable('dispatches')
      .set({ estado: 'LATER' })
      .where('id', '=', Number(strange))
      .execute();
    await after(10 * secondMs, createWatcher());
    expect(await open()).toEqual(['OVERDUE']);
  });

  test('an alert that cannot be read keeps no other from being cleared', async () => {
    for (let index = 0; index < 3; index += 1) await create('CRITICA');
    await after(10 * secondMs, createWatcher());
    await database.query.updateTable('alerts').set({ prioridad: 'LATER' }).where('id', '=', 2).execute();
    const watcher = createWatcher(new AlertBook(noLimits));
    await after(0, watcher);
    const left = await database.query
      .selectFrom('alerts')
      .select('id')
      .where('cleared_at', 'is', null)
      .execute();
    expect(left).toEqual([{ id: 2 }]);
  });

  test('wakes whoever lives: at the date, and for what was due while nobody did', async () => {
    await create('CRITICA');
    await clock.advance(60 * secondMs);
    createWatcher().start();
    const raised = (count: number) =>
      until(`${count} are raised`, async () => {
        await clock.advance(100);
        return (await open()).length === count;
      });
    await raised(1);
    await create('CRITICA');
    await raised(2);
    const [alert] = await repositories.alerts.list(all, 1);
    expect(alert!.raisedAt >= alert!.limitAt).toBe(true);
  });
});

test('nothing wakes for dates once it is closed', async () => {
  const database = await databases.open('SQLite in memory');
  const clock = new ManualClock();
  const watcher = new AlertWatcher({
    ...{ database, clock, book: new AlertBook(limits), log: createLogger('silent') },
    deliveriesOf: () => Promise.resolve(new Map()),
  });
  watcher.start();
  await watcher.close();
  expect(clock.pending).toBe(0);
});
