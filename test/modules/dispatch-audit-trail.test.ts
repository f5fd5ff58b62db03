/** The promises of the audit trail. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Database } from '../../src/db/database.ts';
import { deleteOlder } from '../../src/db/retention.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { byAna, position, request, tRepositories } from '../support/repositories.ts';

const databases = tDatabases();
const dayMs = 86_400_000;

describe.each(databaseKinds)('the audit trail on %s', (kind) => {
  let database: Database;
  let repositories: ReturnType<typeof tRepositories>;
  beforeEach(async () => {
    database = await databases.open(kind);
    repositories = tRepositories(database);
  });

  const deleteOld = (ageMs: number) => deleteOlder(database, 'events', repositories.clock.now() - ageMs);
  const relayAll = () =>
    database.relay(5_000, () =>
      Promise.resolve({ at: '2026-01-01T00:00:00.000Z', positions: new Map<number, string>() }),
    );

  test('lists everything that was changed, newest first, or one type of it', async () => {
    const { audit, dispatches, follows, locations, messages } = repositories;
    const created = await dispatches.create(request, 'ana');
    await dispatches.assign('1', { id: 'A-7', placa: null }, byAna);
    await dispatches.updateStatus('1', 'EN_CAMINO', byAna);
    await follows.follow('luz', '1');
    await follows.unfollow('luz', '1');
    await locations.report('1', position, { actorId: 'pablo', onlyAmbulanciaId: null });
    await messages.broadcast('general', 'Hola', 'luz');

    const entries = await audit.list({}, 10);
    expect(entries.map(({ id, type, despachoId, actorId }) => [id, type, despachoId, actorId])).toEqual([
      ['7', 'message.broadcast', null, 'luz'],
      ['6', 'location.reported', '1', 'pablo'],
      ['5', 'dispatch.unfollowed', '1', 'luz'],
      ['4', 'dispatch.followed', '1', 'luz'],
      ['3', 'dispatch.status_changed', '1', 'ana'],
      ['2', 'dispatch.assigned', '1', 'ana'],
      ['1', 'dispatch.created', '1', 'ana'],
    ]);
    expect(await audit.list({}, 2)).toEqual(entries.slice(0, 2));
    const timestamp = '2026-01-01T00:00:00.000Z';
    expect(await audit.list({ type: 'dispatch.created' }, 10)).toEqual([
      {
        id: '1',
        type: 'dispatch.created',
        despachoId: '1',
        actorId: 'ana',
        timestamp,
        data: { changeType: 'CREATED', dispatch: created, previousEstado: null, actorId: 'ana', timestamp },
      },
    ]);
    expect(await audit.list({ type: 'no.such\0type' }, 10)).toEqual([]);
  });

  test('what throws leaves no trace, and undoes nothing else', async () => {
    const { audit, dispatches } = repositories;
    const failure = new Error('no');
    const failing = database.change(async (change) => {
      const event = {
        type: 'x',
        despachoId: null,
        actorId: null,
        at: '',
        topics: ['dispatches'],
        payload: {},
      };
      await change.writeEvent(event);
      throw failure;
    });
    const good = dispatches.create(request, 'ana');
    await expect(failing).rejects.toBe(failure);
    await good;
    expect((await audit.list({}, 10)).map(({ type }) => type)).toEqual(['dispatch.created']);
  });

  test('forgets what is too old and was relayed', async () => {
    const { audit, clock, dispatches } = repositories;
    for (let count = 0; count < 3; count++) await dispatches.create(request, 'ana');
    await relayAll();
    await dispatches.create(request, 'ana');
    await clock.advance(2 * dayMs);
    await dispatches.create(request, 'ana');

    expect(await deleteOld(3 * dayMs)).toBe(0);
    expect(await deleteOld(dayMs)).toBe(3);
    expect((await audit.list({}, 10)).map(({ id }) => id)).toEqual(['5', '4']);
    expect((await dispatches.list({ estado: null, prioridad: null }, 10, 0)).length).toBe(5);
    expect([...(await dispatches.history(['1', '4'], 10)).keys()]).toEqual(['4']);

    await relayAll();
    expect(await deleteOld(dayMs)).toBe(1);
    await clock.advance(2 * dayMs);
    expect(await deleteOld(dayMs)).toBe(1);
    await dispatches.create(request, 'ana');
    expect((await audit.list({}, 10)).map(({ id }) => id)).toEqual(['6']);
  });

  test('lists what happened to a dispatch, what somebody did, and what happened in a time', async () => {
    const { audit, clock, dispatches, follows } = repositories;
    const startMs = clock.now();
    for (let count = 0; count < 3; count++) {
      await dispatches.create(request, count === 1 ? 'luz' : 'ana');
      await clock.advance(dayMs);
    }
    await follows.follow('luz', '1');
    const idsOf = async (filter: Parameters<typeof audit.list>[0]) =>
      (await audit.list(filter, 10)).map(({ id }) => id);
    expect(await idsOf({ despachoId: '1' })).toEqual(['4', '1']);
    expect(await idsOf({ actorId: 'luz' })).toEqual(['4', '2']);
    expect(await idsOf({ actorId: 'luz', type: 'dispatch.created' })).toEqual(['2']);
    // From the first moment of a time on, and until its end.
    expect(await idsOf({ fromMs: startMs + dayMs, toMs: startMs + 2 * dayMs })).toEqual(['2']);
    expect(await idsOf({ fromMs: startMs + dayMs, despachoId: '1' })).toEqual(['4']);
    expect(await idsOf({ despachoId: 'none' })).toEqual([]);
    expect(await idsOf({ actorId: 'nob\0dy' })).toEqual([]);
  });

  test('goes on behind any entry, whatever is written meanwhile', async () => {
    const { audit, clock, messages } = repositories;
    for (let count = 0; count < 7; count++) {
      await messages.broadcast('general', 'x', 'ana');
      // Some have the same date.
      if (count % 3 === 0) await clock.advance(1);
    }
    const pages: string[][] = [];
    for (let before: string | null = null; ;) {
      const ids: string[] = (await audit.list({ before }, 2)).map(({ id }) => id);
      if (ids.length === 0) break;
      pages.push(ids);
      before = ids.at(-1)!;
      await messages.broadcast('general', 'y', 'ana');
    }
    expect(pages).toEqual([['7', '6'], ['5', '4'], ['3', '2'], ['1']]);
    expect(await audit.list({ before: '999' }, 2)).toEqual([]);
  });

  test('forgets what is old, however much is dated in the future', async () => {
    const { audit, clock, messages } = repositories;
    const now = clock.now();
    await clock.advance(365 * dayMs);
    for (let count = 0; count < 600; count++) await messages.broadcast('ahead', 'x', 'ana');
    await clock.advance(now - clock.now());
    await messages.broadcast('general', 'x', 'ana');
    await relayAll();
    await clock.advance(2 * dayMs);
    expect(await deleteOld(dayMs)).toBe(1);
    expect(await audit.list({}, 1_000)).toHaveLength(600);
  });

  test('has positions and messages beside it that are forgotten, too', async () => {
    const { clock, dispatches, locations, messages } = repositories;
    await dispatches.create(request, 'ana');
    await dispatches.assign('1', { id: 'A-7', placa: null }, byAna);
    const report = () => locations.report('1', position, { actorId: 'pablo', onlyAmbulanciaId: null });
    await report();
    await messages.broadcast('general', 'old', 'ana');
    await clock.advance(2 * dayMs);
    await report();
    await messages.broadcast('general', 'new', 'ana');
    for (const table of ['locations', 'messages'] as const)
      expect(await deleteOlder(database, table, clock.now() - dayMs)).toBe(1);
    expect((await locations.track(['1'], 10)).get('1')).toHaveLength(1);
    expect((await messages.history('general', 10)).map(({ message }) => message)).toEqual(['new']);
  });

  test('forgets more than one batch', async () => {
    const { audit, clock, messages } = repositories;
    await Promise.all(
      Array.from({ length: 1_200 }, (_, index) => messages.broadcast(`c${index}`, 'x', 'ana')),
    );
    await relayAll();
    await clock.advance(dayMs);
    await messages.broadcast('general', 'x', 'ana');
    expect(await deleteOld(1000)).toBe(1_200);
    expect(await audit.list({}, 10)).toHaveLength(1);
  });
});
