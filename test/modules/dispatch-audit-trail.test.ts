/** The promises of the audit trail. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Database } from '../../src/db/database.ts';
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

  const relayAll = () => database.relay(5_000, () => Promise.resolve('2026-01-01T00:00:00.000Z'));

  test('lists everything that was changed, newest first, or one type of it', async () => {
    const { audit, dispatches, follows, locations, messages } = repositories;
    const created = await dispatches.create(request, 'ana');
    await dispatches.assign('1', { id: 'A-7', placa: null }, byAna);
    await dispatches.updateStatus('1', 'EN_CAMINO', byAna);
    await follows.follow('luz', '1');
    await follows.unfollow('luz', '1');
    await locations.report('1', position, { actorId: 'pablo', onlyAmbulanciaId: null });
    await messages.broadcast('general', 'Hola', 'luz');

    const entries = await audit.list(null, 10);
    expect(entries.map(({ id, type, despachoId, actorId }) => [id, type, despachoId, actorId])).toEqual([
      ['7', 'message.broadcast', null, 'luz'],
      ['6', 'location.reported', '1', 'pablo'],
      ['5', 'dispatch.unfollowed', '1', 'luz'],
      ['4', 'dispatch.followed', '1', 'luz'],
      ['3', 'dispatch.status_changed', '1', 'ana'],
      ['2', 'dispatch.assigned', '1', 'ana'],
      ['1', 'dispatch.created', '1', 'ana'],
    ]);
    expect(await audit.list(null, 2)).toEqual(entries.slice(0, 2));
    const timestamp = '2026-01-01T00:00:00.000Z';
    expect(await audit.list('dispatch.created', 10)).toEqual([
      {
        id: '1',
        type: 'dispatch.created',
        despachoId: '1',
        actorId: 'ana',
        timestamp,
        data: { changeType: 'CREATED', dispatch: created, previousEstado: null, actorId: 'ana', timestamp },
      },
    ]);
    expect(await audit.list('no.such\0type', 10)).toEqual([]);
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
    expect((await audit.list(null, 10)).map(({ type }) => type)).toEqual(['dispatch.created']);
  });

  test('forgets what is too old and was relayed', async () => {
    const { audit, clock, dispatches } = repositories;
    for (let count = 0; count < 3; count++) await dispatches.create(request, 'ana');
    await relayAll();
    await dispatches.create(request, 'ana');
    await clock.advance(2 * dayMs);
    await dispatches.create(request, 'ana');

    expect(await audit.deleteOlderThan(3 * dayMs)).toBe(0);
    expect(await audit.deleteOlderThan(dayMs)).toBe(3);
    expect((await audit.list(null, 10)).map(({ id }) => id)).toEqual(['5', '4']);
    expect((await dispatches.list({ estado: null, prioridad: null }, 10, 0)).length).toBe(5);
    expect([...(await dispatches.history(['1', '4'], 10)).keys()]).toEqual(['4']);

    await relayAll();
    expect(await audit.deleteOlderThan(dayMs)).toBe(1);
    await clock.advance(2 * dayMs);
    expect(await audit.deleteOlderThan(dayMs)).toBe(1);
    await dispatches.create(request, 'ana');
    expect((await audit.list(null, 10)).map(({ id }) => id)).toEqual(['6']);
  });

  test('forgets more than one batch', async () => {
    const { audit, clock, messages } = repositories;
    await Promise.all(
      Array.from({ length: 1_200 }, (_, index) => messages.broadcast(`c${index}`, 'x', 'ana')),
    );
    await relayAll();
    await clock.advance(dayMs);
    await messages.broadcast('general', 'x', 'ana');
    expect(await audit.deleteOlderThan(1000)).toBe(1_200);
    expect(await audit.list(null, 10)).toHaveLength(1);
  });
});
