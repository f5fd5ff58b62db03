/** The promises of dispatches in our own database. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Database } from '../../src/db/database.ts';
import { estados, type Estado } from '../../src/lib/words/statuses.ts';
import { allowedNext } from '../../src/modules/dispatch/status.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { byAna, clientError, request, tRepositories } from '../support/repositories.ts';

const databases = tDatabases();
const minuteMs = 60_000;

describe.each(databaseKinds)('dispatches on %s', (kind) => {
  let database: Database;
  let repositories: ReturnType<typeof tRepositories>;
  beforeEach(async () => {
    database = await databases.open(kind);
    repositories = tRepositories(database);
  });

  const ambulance = { id: 'A-7', placa: '2718-EUL' };
  /** Through every status on the shortest way. */
  async function bringTo(estado: Estado): Promise<string> {
    const { id } = await repositories.dispatches.create(request, 'ana');
    if (estado === 'PENDIENTE') return id;
    if (estado !== 'CANCELADO') await repositories.dispatches.assign(id, ambulance, byAna);
    const way: Estado[] = ['EN_CAMINO', 'EN_SITIO', 'TRASLADANDO', 'COMPLETADO'];
    const steps = estado === 'CANCELADO' ? [estado] : way.slice(0, way.indexOf(estado) + 1);
    for (const step of steps) await repositories.dispatches.updateStatus(id, step, byAna);
    return id;
  }

  test('a dispatch is requested, served and completed', async () => {
    const { clock, dispatches } = repositories;
    const created = await dispatches.create(request, 'ana');
    expect(created).toEqual({
      ...request,
      id: '1',
      estado: 'PENDIENTE',
      ambulancia: null,
      distanciaKm: 3.39,
      tiempoEstimadoMin: 6,
      tiempoRealMin: null,
      fechaSolicitud: '2026-01-01T00:00:00.000Z',
      fechaAsignacion: null,
      fechaLlegada: null,
      fechaFinalizacion: null,
      fechaActualizacion: '2026-01-01T00:00:00.000Z',
      version: 1,
    });

    await clock.advance(minuteMs);
    const assigned = await dispatches.assign(created.id, ambulance, byAna);
    expect(assigned).toMatchObject({
      estado: 'ASIGNADO',
      ambulancia: ambulance,
      fechaAsignacion: '2026-01-01T00:01:00.000Z',
      version: 2,
    });

    await clock.advance(minuteMs);
    await dispatches.updateStatus(created.id, 'EN_CAMINO', byAna);
    await clock.advance(6.6 * minuteMs);
    await dispatches.updateStatus(created.id, 'EN_SITIO', byAna);
    await clock.advance(5 * minuteMs);
    const completed = await dispatches.updateStatus(created.id, 'COMPLETADO', byAna);
    expect(completed).toMatchObject({
      estado: 'COMPLETADO',
      fechaAsignacion: '2026-01-01T00:01:00.000Z',
      fechaLlegada: '2026-01-01T00:08:36.000Z',
      fechaFinalizacion: '2026-01-01T00:13:36.000Z',
      fechaActualizacion: '2026-01-01T00:13:36.000Z',
      tiempoRealMin: 8,
      version: 5,
    });
    expect((await dispatches.find([created.id])).get(created.id)).toEqual(completed);
  });

  test('a dispatch without a destination has no distance, and cancelled it took no time', async () => {
    const { dispatches } = repositories;
    const { id } = await dispatches.create({ ...request, destino: null, observaciones: null }, 'ana');
    const cancelled = await dispatches.updateStatus(id, 'CANCELADO', byAna);
    expect(cancelled).toMatchObject({
      destino: null,
      distanciaKm: null,
      tiempoEstimadoMin: null,
      tiempoRealMin: null,
    });
    expect(cancelled.fechaFinalizacion).toBe('2026-01-01T00:00:00.000Z');
  });

  test('every status may become what it is said to, and nothing else', async () => {
    for (const from of estados) {
      const id = await bringTo(from);
      for (const to of estados) {
        if (to === from || allowedNext(from).includes(to)) continue;
        await expect(repositories.dispatches.updateStatus(id, to, byAna)).rejects.toMatchObject(
          clientError('INVALID_TRANSITION', { allowed: allowedNext(from) }),
        );
      }
      expect((await repositories.dispatches.find([id])).get(id)?.estado).toBe(from);
      for (const to of allowedNext(from)) {
        const { estado } = await repositories.dispatches.updateStatus(await bringTo(from), to, byAna);
        expect(estado).toBe(to);
      }
    }
    expect(estados.map((estado) => `${estado}: ${allowedNext(estado).join(' ')}`)).toEqual([
      'PENDIENTE: ASIGNADO CANCELADO',
      'ASIGNADO: EN_CAMINO CANCELADO',
      'EN_CAMINO: EN_SITIO CANCELADO',
      'EN_SITIO: TRASLADANDO COMPLETADO CANCELADO',
      'TRASLADANDO: COMPLETADO CANCELADO',
      'COMPLETADO: ',
      'CANCELADO: ',
    ]);
  });

  test('the first time it is ASIGNADO is dated, whether or not the ambulance is known yet', async () => {
    const { clock, dispatches } = repositories;
    const id = await bringTo('PENDIENTE');
    const assigned = await dispatches.updateStatus(id, 'ASIGNADO', byAna);
    expect(assigned).toMatchObject({ ambulancia: null, fechaAsignacion: '2026-01-01T00:00:00.000Z' });
    await clock.advance(minuteMs);
    const known = await dispatches.assign(id, ambulance, byAna);
    expect(known).toMatchObject({ ambulancia: ambulance, fechaAsignacion: '2026-01-01T00:00:00.000Z' });
  });

  test('it stays dated so when a crew has declined, whichever way it becomes ASIGNADO again', async () => {
    const { clock, dispatches, assignments } = repositories;
    const whose = { assignmentId: null, ambulanciaId: ambulance.id, isAnybody: false, key: null };
    for (const again of ['assign', 'updateStatus'] as const) {
      const { id, fechaAsignacion } = await dispatches.assign(await bringTo('PENDIENTE'), ambulance, byAna);
      const no = { ...whose, despachoId: id, actorId: 'eva', accept: false, reason: null };
      expect(await assignments.answer(no)).toMatchObject({ estado: 'PENDIENTE', fechaAsignacion });
      await clock.advance(minuteMs);
      const assigned =
        again === 'assign'
          ? await dispatches.assign(id, ambulance, byAna)
          : await dispatches.updateStatus(id, 'ASIGNADO', byAna);
      expect(assigned).toMatchObject({ estado: 'ASIGNADO', fechaAsignacion });
    }
  });

  test('an ambulance is assigned only before the dispatch is under way', async () => {
    for (const estado of ['EN_CAMINO', 'COMPLETADO'] as const) {
      await expect(
        repositories.dispatches.assign(await bringTo(estado), ambulance, byAna),
      ).rejects.toMatchObject(clientError('INVALID_TRANSITION', { allowed: allowedNext(estado) }));
    }
  });

  test('what changes nothing leaves no trace', async () => {
    const { clock, dispatches, audit } = repositories;
    const id = await bringTo('ASIGNADO');
    const before = (await dispatches.find([id])).get(id);
    await clock.advance(minuteMs);
    expect(await dispatches.updateStatus(id, 'ASIGNADO', byAna)).toEqual(before);
    expect(await dispatches.assign(id, ambulance, byAna)).toEqual(before);
    expect(await dispatches.assign(id, { id: 'A-7', placa: null }, byAna)).toEqual(before);
    expect(await audit.list({}, 10)).toHaveLength(2);
  });

  test('another ambulance, or another plate, is a change; the first assignment keeps its date', async () => {
    const { clock, dispatches } = repositories;
    const id = await bringTo('ASIGNADO');
    await clock.advance(minuteMs);
    const replated = await dispatches.assign(id, { id: 'A-7', placa: '3141-PI' }, byAna);
    expect(replated).toMatchObject({ ambulancia: { id: 'A-7', placa: '3141-PI' }, version: 3 });
    const other = await dispatches.assign(id, { id: 'A-9', placa: null }, byAna);
    expect(other).toMatchObject({
      ambulancia: { id: 'A-9', placa: null },
      version: 4,
      fechaAsignacion: '2026-01-01T00:00:00.000Z',
    });
  });

  test('a version that no longer holds is a conflict, before anything else is wrong', async () => {
    const { dispatches } = repositories;
    const id = await bringTo('EN_CAMINO');
    const outdated = { ...byAna, expectedVersion: 2 };
    const conflict = clientError('CONFLICT', { version: 3 });
    await expect(dispatches.updateStatus(id, 'EN_SITIO', outdated)).rejects.toMatchObject(conflict);
    await expect(dispatches.updateStatus(id, 'PENDIENTE', outdated)).rejects.toMatchObject(conflict);
    await expect(dispatches.assign(id, ambulance, outdated)).rejects.toMatchObject(conflict);
    expect(await dispatches.updateStatus(id, 'EN_SITIO', { ...byAna, expectedVersion: 3 })).toMatchObject({
      version: 4,
    });
  });

  test('a paramedic changes the dispatches of their own ambulance', async () => {
    const { dispatches } = repositories;
    const id = await bringTo('ASIGNADO');
    const asCrewOf = (onlyAmbulanciaId: string) => ({ ...byAna, actorId: 'pablo', onlyAmbulanciaId });
    const refused = clientError('FORBIDDEN');
    await expect(dispatches.updateStatus(id, 'EN_CAMINO', asCrewOf('A-8'))).rejects.toMatchObject(refused);
    const unassigned = await bringTo('PENDIENTE');
    await expect(dispatches.updateStatus(unassigned, 'CANCELADO', asCrewOf('A-7'))).rejects.toMatchObject(
      refused,
    );
    expect(await dispatches.updateStatus(id, 'EN_CAMINO', asCrewOf('A-7'))).toMatchObject({
      estado: 'EN_CAMINO',
    });
  });

  test('what is no id, or the id of no dispatch, is not found', async () => {
    const { dispatches } = repositories;
    await dispatches.create(request, 'ana');
    const missing = clientError('NOT_FOUND');
    const malformed = ['0', '01', '-1', '1.0', ' 1', '', 'abc', '1\0', '1'.repeat(400)];
    for (const id of ['2', '9007199254740993', '9223372036854775808', ...malformed]) {
      await expect(dispatches.updateStatus(id, 'CANCELADO', byAna)).rejects.toMatchObject(missing);
      await expect(dispatches.assign(id, ambulance, byAna)).rejects.toMatchObject(missing);
      expect([...(await dispatches.find([id, '1', '1'])).keys()]).toEqual(['1']);
      expect((await dispatches.history([id], 10)).size).toBe(0);
    }
  });

  test('more ids than fit into one statement can be looked for', async () => {
    const { id } = await repositories.dispatches.create(request, 'ana');
    const ids = Array.from({ length: 40_000 }, (_, index) => String(index + 1));
    expect([...(await repositories.dispatches.find(ids)).keys()]).toEqual([id]);
    expect((await repositories.dispatches.find([])).size).toBe(0);
  });

  test('any text is read as it was written, except what no database can store', async () => {
    const observaciones = 'Ñandú "🚑"\n\\ %_ \0 \ud800';
    const { id } = await repositories.dispatches.create({ ...request, observaciones }, 'a\0na');
    const stored = 'Ñandú "🚑"\n\\ %_ \ufffd \ufffd';
    expect((await repositories.dispatches.find([id])).get(id)?.observaciones).toBe(stored);
    const [event] = (await repositories.dispatches.history([id], 1)).get(id) ?? [];
    expect(event).toMatchObject({ dispatch: { observaciones: stored }, actorId: 'a\ufffdna' });
  });

  test('what is read for somebody who has left is not read', async () => {
    const { dispatches } = repositories;
    const id = await bringTo('PENDIENTE');
    const left = AbortSignal.abort(new Error('left'));
    await expect(dispatches.find([id], left)).rejects.toThrow('left');
    await expect(dispatches.findPublished([id], left)).rejects.toThrow('left');
    await expect(dispatches.list({ estado: null, prioridad: null }, 10, 0, left)).rejects.toThrow('left');
  });

  test('the list is filtered, newest request first, and paged', async () => {
    const { clock, dispatches } = repositories;
    const ids: string[] = [];
    for (const prioridad of ['ALTA', 'BAJA', 'ALTA', 'ALTA', 'BAJA'] as const) {
      ids.push((await dispatches.create({ ...request, prioridad }, 'ana')).id);
      if (ids.length !== 3) await clock.advance(1);
    }
    await dispatches.updateStatus(ids[2]!, 'CANCELADO', byAna);
    const list = async (estado: Estado | null, prioridad: 'ALTA' | null, limit = 10, offset = 0) =>
      (await dispatches.list({ estado, prioridad }, limit, offset)).map(({ id }) => id);
    expect(await list(null, null)).toEqual(['5', '4', '3', '2', '1']);
    expect(await list(null, null, 2, 1)).toEqual(['4', '3']);
    expect(await list('PENDIENTE', null)).toEqual(['5', '4', '2', '1']);
    expect(await list(null, 'ALTA')).toEqual(['4', '3', '1']);
    expect(await list('PENDIENTE', 'ALTA')).toEqual(['4', '1']);
    expect(await list('COMPLETADO', null)).toEqual([]);
  });

  test('what changed since a moment is found, however much else there is', async () => {
    const { clock, dispatches } = repositories;
    for (let count = 0; count < 4; count++) await dispatches.create(request, 'ana');
    await clock.advance(1000);
    const since = clock.now();
    for (const id of ['4', '1', '3']) await dispatches.updateStatus(id, 'CANCELADO', byAna);
    const changed = async (sinceMs: number, limit = 10) =>
      (await dispatches.changedSince(sinceMs, limit)).map(({ id }) => id);
    expect(await changed(since)).toEqual(['1', '3', '4']);
    expect(await changed(since, 2)).toHaveLength(2);
    expect(await changed(since + 1)).toEqual([]);
    expect(await changed(0)).toEqual(['1', '2', '3', '4']);
    expect(await changed(1e17)).toEqual([]);
    const published = await dispatches.findPublished(['4', '2', '99']);
    expect(published).toEqual(await dispatches.find(['2', '4']));
  });

  test('the history says who did what, newest first, without positions and followers', async () => {
    const { dispatches, follows, clock } = repositories;
    const id = await bringTo('ASIGNADO');
    await follows.follow('ana', id);
    await clock.advance(1000);
    await dispatches.updateStatus(id, 'EN_CAMINO', { ...byAna, actorId: 'pablo' });
    const other = await bringTo('PENDIENTE');

    const histories = await dispatches.history([id, other, '99'], 2);
    expect([...histories.keys()].sort()).toEqual([id, other]);
    expect(histories.get(id)).toEqual([
      {
        changeType: 'STATUS_CHANGED',
        // A crew that leaves has accepted.
        dispatch: {
          ...(await dispatches.find([id])).get(id),
          assignment: expect.objectContaining({ answer: 'ACCEPTED', ambulancia: ambulance }),
        },
        previousEstado: 'ASIGNADO',
        actorId: 'pablo',
        timestamp: '2026-01-01T00:00:01.000Z',
      },
      expect.objectContaining({ changeType: 'ASSIGNED', previousEstado: 'PENDIENTE', actorId: 'ana' }),
    ]);
    expect(histories.get(other)).toEqual([
      expect.objectContaining({ changeType: 'CREATED', previousEstado: null, actorId: 'ana' }),
    ]);
  });

  test('twenty changes at once that only one can win', async () => {
    const { dispatches } = repositories;
    const id = await bringTo('ASIGNADO');
    const attempts = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        dispatches.assign(id, { id: `B-${index}`, placa: null }, { ...byAna, expectedVersion: 2 }),
      ),
    );
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const attempt of attempts) {
      if (attempt.status === 'rejected')
        expect(attempt.reason).toMatchObject(clientError('CONFLICT', { version: 3 }));
    }
  });
});

describe('a clock that goes back', () => {
  test.each(databaseKinds)('does not date a later version earlier (%s)', async (kind) => {
    const database = await databases.open(kind);
    const ahead = tRepositories(database);
    await ahead.clock.advance(5_000);
    const { id } = await ahead.dispatches.create(request, 'ana');
    const cancelled = await tRepositories(database).dispatches.updateStatus(id, 'CANCELADO', byAna);
    expect(cancelled.fechaActualizacion).toBe('2026-01-01T00:00:05.000Z');
  });
});

describe('two processes on one PostgreSQL', () => {
  test('change one dispatch at the same time: no version is missing, and the events are in their order', async () => {
    const url = await databases.emptyPostgres();
    const opened = [await databases.openPostgres(url), await databases.openPostgres(url)];
    const processes = opened.map((each) => tRepositories(each));
    const { id } = await processes[0]!.dispatches.create(request, 'ana');
    const changes = Array.from({ length: 200 }, (_, index) =>
      processes[index % 2]!.dispatches.assign(id, { id: `A-${index}`, placa: null }, byAna),
    );
    const versions = (await Promise.all(changes)).map(({ version }) => version);
    expect(versions.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index + 2));

    const history = (await processes[1]!.dispatches.history([id], 500)).get(id)!;
    expect(history.map(({ dispatch }) => dispatch.version)).toEqual(
      Array.from({ length: 201 }, (_, index) => 201 - index),
    );
  });
});
