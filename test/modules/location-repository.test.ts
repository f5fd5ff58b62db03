/** The promises of positions in our own database. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { byAna, clientError, position, request, tRepositories } from '../support/repositories.ts';

const databases = tDatabases();
const byPablo = { actorId: 'pablo', onlyAmbulanciaId: null };

describe.each(databaseKinds)('positions on %s', (kind) => {
  let repositories: ReturnType<typeof tRepositories>;
  beforeEach(async () => {
    repositories = tRepositories(await databases.open(kind));
    for (let count = 0; count < 3; count++) await repositories.dispatches.create(request, 'ana');
  });

  test('the last one and the track of each dispatch are read', async () => {
    const { clock, locations } = repositories;
    for (let count = 0; count < 3; count++) {
      await locations.report('1', { ...position, velocidad: count }, byPablo);
      await locations.report('2', { ...position, velocidad: count + 10 }, byPablo);
      await clock.advance(1000);
    }
    const recordedAt = '2025-12-31T23:59:30.000Z';
    const receivedAt = '2026-01-01T00:00:03.000Z';
    const bare = { altitud: null, velocidad: null, rumbo: null, precision: null };
    const reported = await locations.report(
      '1',
      { latitud: 0.1, longitud: -0.2, ...bare, recordedAt },
      byPablo,
    );
    expect(reported).toEqual({
      sequence: 7,
      location: { latitud: 0.1, longitud: -0.2, ...bare, recordedAt, receivedAt },
      timestamp: receivedAt,
    });

    const ids = ['1', '2', '3', '4', 'x'];
    const latest = await locations.latest(ids);
    expect([...latest.keys()].sort()).toEqual(['1', '2']);
    const last = '2026-01-01T00:00:02.000Z';
    const lastOf = (velocidad: number) => ({ ...position, velocidad, recordedAt: last, receivedAt: last });
    expect(latest.get('1')).toEqual({ sequence: 5, location: lastOf(2), timestamp: last });
    expect(latest.get('2')).toEqual({ sequence: 6, location: lastOf(12), timestamp: last });

    const speeds = async (limit: number) =>
      [...(await locations.track(ids, limit))]
        .sort()
        .map(([id, track]) => [id, track.map(({ velocidad }) => velocidad)]);
    expect(await speeds(2)).toEqual([
      ['1', [2, 1]],
      ['2', [12, 11]],
    ]);
    expect(await speeds(100)).toEqual([
      ['1', [2, 1, 0, null]],
      ['2', [12, 11, 10]],
    ]);
    expect((await locations.track([], 10)).size).toBe(0);
  });

  test('each is an event in the stream of its dispatch', async () => {
    const { sequence, location, timestamp } = await repositories.locations.report('2', position, byPablo);
    const [event] = await repositories.audit.list({}, 1);
    expect(event).toMatchObject({
      type: 'location.reported',
      data: { sequence, despachoId: '2', location, actorId: 'pablo', timestamp },
    });
  });

  test('a dispatch that has ended takes none', async () => {
    const { dispatches, locations } = repositories;
    await dispatches.updateStatus('1', 'CANCELADO', byAna);
    const refused = clientError('INVALID_TRANSITION', { allowed: [] });
    await expect(locations.report('1', position, byPablo)).rejects.toMatchObject(refused);
    expect((await locations.latest(['1'])).size).toBe(0);
  });

  test('a dispatch that does not exist takes none', async () => {
    const missing = clientError('NOT_FOUND');
    for (const id of ['4', 'x', '99999999999999999999']) {
      await expect(repositories.locations.report(id, position, byPablo)).rejects.toMatchObject(missing);
    }
  });

  test('a paramedic reports for their own ambulance', async () => {
    const { dispatches, locations } = repositories;
    await dispatches.assign('1', { id: 'A-7', placa: null }, byAna);
    const asCrewOf = (onlyAmbulanciaId: string) => ({ actorId: 'pablo', onlyAmbulanciaId });
    const refused = clientError('FORBIDDEN');
    await expect(locations.report('1', position, asCrewOf('A-8'))).rejects.toMatchObject(refused);
    await expect(locations.report('2', position, asCrewOf('A-7'))).rejects.toMatchObject(refused);
    expect((await locations.report('1', position, asCrewOf('A-7'))).sequence).toBe(1);
  });
});
