/** The promises of dispatches that live in MS Despacho: its shapes, its errors, and one event per change. */
import { describe, expect, test } from '@jest/globals';
import { openSqlite } from '../../src/db/sqlite/sqlite.ts';
import { LeasesMemory } from '../../src/stores/leases/memory.ts';
import { ensureOwner } from '../../src/db/metadata.ts';
import { SettingError } from '../../src/lib/setting-error.ts';
import { ManualClock } from '../support/clock.ts';
import { tDatabases } from '../support/databases.ts';
import { byAna, clientError, position, request } from '../support/repositories.ts';
import {
  changeElsewhere,
  createElsewhere,
  tMsDespacho,
  tMsDespachoRepositories,
} from '../support/ms-despacho-repositories.ts';
import { until } from '../support/until.ts';

const databases = tDatabases();
const all = { estado: null, prioridad: null };

describe('what MS Despacho answers', () => {
  test('is taken for what it means: numbers, ids, words and dates', async () => {
    const standIn = await tMsDespacho({ now: () => Date.UTC(2026, 0, 1) });
    standIn.model.addAmbulance(-16.51, -68.15);
    const { dispatches } = await tMsDespachoRepositories(standIn);
    const created = await dispatches.create(request, 'ana');
    const at = '2026-01-01T00:00:00.000Z';
    expect(created).toEqual({
      ...request,
      id: '1',
      estado: 'ASIGNADO',
      ambulancia: { id: '1', placa: '1001-AMB' },
      distanciaKm: 1.11,
      tiempoEstimadoMin: 2,
      tiempoRealMin: null,
      ...{ fechaSolicitud: at, fechaAsignacion: at, fechaLlegada: null, fechaFinalizacion: null },
      fechaActualizacion: expect.any(String),
      version: 1,
    });
    expect((await dispatches.find(['1'])).get('1')).toEqual(created);
    expect(await dispatches.list(all, 10, 0)).toEqual([created]);
  });

  test('is refused as a whole where a part has the wrong form', async () => {
    const standIn = await tMsDespacho();
    const { dispatches } = await tMsDespachoRepositories(standIn);
    const { id } = await dispatches.create(request, 'ana');
    for (const wrong of [
      { estado: 'perdido' },
      { ubicacion_origen_lat: 'norte' },
      { updated_at: 'ayer' },
      { prioridad: null },
    ]) {
      standIn.trouble = () => ({ kind: 'changed', change: (body) => ({ ...(body as object), ...wrong }) });
      await expect(dispatches.find([id])).rejects.toMatchObject(
        clientError('UPSTREAM_UNAVAILABLE', { service: 'MS Despacho' }),
      );
    }
  });

  test('is left out of a list where it has a status that nobody knows, and counted', async () => {
    const standIn = await tMsDespacho();
    const { dispatches, metrics } = await tMsDespachoRepositories(standIn);
    for (let count = 0; count < 5; count++) await dispatches.create(request, 'ana');
    standIn.model.despachos.get(4)!.estado = 'en_pausa';
    const listed = async (limit: number, offset: number) =>
      (await dispatches.list(all, limit, offset)).map(({ id }) => id);
    expect(await listed(10, 0)).toEqual(['5', '3', '2', '1']);
    // It has its place nevertheless: no other is shown twice, or never.
    expect([await listed(2, 0), await listed(2, 2), await listed(3, 2)]).toEqual([
      ['5'],
      ['3', '2'],
      ['3', '2', '1'],
    ]);
    const { values } = await metrics.unreadable.get();
    expect(values.find(({ labels }) => labels.table === 'ms_despacho')!.value).toBeGreaterThan(0);
  });

  test('that there is no such dispatch is NOT_FOUND', async () => {
    const { dispatches, locations } = await tMsDespachoRepositories(await tMsDespacho());
    expect((await dispatches.find(['7', 'x', '01'])).size).toBe(0);
    const missing = clientError('NOT_FOUND');
    for (const id of ['7', 'x']) {
      await expect(dispatches.updateStatus(id, 'CANCELADO', byAna)).rejects.toMatchObject(missing);
      await expect(locations.report(id, position, byAna)).rejects.toMatchObject(missing);
    }
  });

  test('that the request is invalid says what is wrong, by field', async () => {
    const standIn = await tMsDespacho();
    const { dispatches } = await tMsDespachoRepositories(standIn);
    const origen = { ...request.origen, direccion: 'x'.repeat(256) };
    await expect(dispatches.create({ ...request, origen }, 'ana')).rejects.toMatchObject(
      clientError('BAD_USER_INPUT', { messages: { direccion_origen: [expect.stringContaining('255')] } }),
    );
  });

  test('that it cannot be done says why', async () => {
    const standIn = await tMsDespacho({ isFleetEndless: false });
    const { dispatches, upstream } = await tMsDespachoRepositories(standIn);
    for (let count = 0; count < 8; count++)
      await expect(dispatches.create(request, 'ana')).rejects.toMatchObject(
        clientError('UPSTREAM_UNAVAILABLE', {
          service: 'MS Despacho',
          reason: 'No hay recursos disponibles',
        }),
      );
    // That is an answer, and no failure of the service.
    expect(upstream.circuit).toBe('closed');
    expect(standIn.calls.filter((call) => call.startsWith('POST'))).toHaveLength(8);
  });
});

describe('the status machine', () => {
  test('is asked before MS Despacho, which takes anything', async () => {
    const standIn = await tMsDespacho();
    const { dispatches } = await tMsDespachoRepositories(standIn);
    const { id } = await dispatches.create(request, 'ana');
    const before = standIn.calls.length;
    await expect(dispatches.updateStatus(id, 'COMPLETADO', byAna)).rejects.toMatchObject(
      clientError('INVALID_TRANSITION', { allowed: ['EN_CAMINO', 'CANCELADO'] }),
    );
    await expect(
      dispatches.updateStatus(id, 'EN_CAMINO', { ...byAna, expectedVersion: 9 }),
    ).rejects.toMatchObject(clientError('CONFLICT', { version: 1 }));
    await expect(
      dispatches.updateStatus(id, 'EN_CAMINO', { ...byAna, onlyAmbulanciaId: '99' }),
    ).rejects.toMatchObject(clientError('FORBIDDEN'));
    expect(standIn.calls.slice(before).filter((call) => call.startsWith('PATCH'))).toEqual([]);
  });

  test('holds for changes at the same time, of which one wins', async () => {
    const standIn = await tMsDespacho();
    const url = await databases.emptyPostgres();
    const shared = [await databases.openPostgres(url), await databases.openPostgres(url)];
    const processes = await Promise.all(
      shared.map((database) => tMsDespachoRepositories(standIn, { database })),
    );
    const { id } = await processes[0]!.dispatches.create(request, 'ana');
    const attempts = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) =>
        processes[index % 2]!.dispatches.updateStatus(id, 'EN_CAMINO', {
          ...byAna,
          ...{ actorId: `a${index}`, expectedVersion: 1 },
        }),
      ),
    );
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(standIn.calls.filter((call) => call.startsWith('PATCH'))).toHaveLength(1);
    expect(await processes[1]!.eventsOf(id)).toEqual([
      '1 CREATED ASIGNADO ana',
      expect.stringMatching(/^2 STATUS_CHANGED EN_CAMINO a\d+$/),
    ]);
  });

  test('accepts no other ambulance than the one MS Despacho chose', async () => {
    const { dispatches } = await tMsDespachoRepositories(await tMsDespacho());
    const { id, ambulancia } = await dispatches.create(request, 'ana');
    await expect(dispatches.assign(id, { id: '99', placa: null }, byAna)).rejects.toMatchObject(
      clientError('BAD_USER_INPUT', { field: 'ambulanciaId', ambulanciaId: ambulancia!.id }),
    );
    expect((await dispatches.assign(id, { id: ambulancia!.id, placa: null }, byAna)).version).toBe(1);
  });
});

describe('one change is one event', () => {
  test('however many detect it, whoever made it', async () => {
    const standIn = await tMsDespacho();
    const { dispatches, eventsOf } = await tMsDespachoRepositories(standIn);
    const { id } = await dispatches.create(request, 'ana');
    await changeElsewhere(standIn, id, 'en_camino');
    await Promise.all([
      ...Array.from({ length: 10 }, () => dispatches.find([id])),
      ...Array.from({ length: 5 }, () => dispatches.list(all, 10, 0)),
      dispatches.reconcile(id, 'ms-despacho'),
    ]);
    await dispatches.updateStatus(id, 'EN_SITIO', byAna);
    await Promise.all([dispatches.find([id]), dispatches.reconcile(id, 'ms-despacho')]);
    expect(await eventsOf(id)).toEqual([
      '1 CREATED ASIGNADO ana',
      '2 STATUS_CHANGED EN_CAMINO ms-despacho',
      '3 STATUS_CHANGED EN_SITIO ana',
    ]);
  });

  test('also when it is detected while its actor still waits for the answer, and then under that actor', async () => {
    const standIn = await tMsDespacho();
    const { dispatches, eventsOf } = await tMsDespachoRepositories(standIn);
    const { id } = await dispatches.create(request, 'ana');
    standIn.partialMs = 150;
    // MS Despacho calls its webhook inside of the change.
    let calls = 0;
    standIn.onChange = () => {
      calls += 1;
      void dispatches.find([id]);
      void dispatches.list(all, 10, 0);
    };
    const changed = await dispatches.updateStatus(id, 'CANCELADO', byAna);
    expect(calls).toBe(1);
    expect(changed).toMatchObject({ version: 2, fechaFinalizacion: expect.any(String) });
    expect(await eventsOf(id)).toEqual(['1 CREATED ASIGNADO ana', '2 STATUS_CHANGED CANCELADO ana']);
  });

  test('with the dates that MS Despacho saves after the status', async () => {
    const standIn = await tMsDespacho();
    const { dispatches, eventsOf } = await tMsDespachoRepositories(standIn);
    const { id } = await dispatches.create(request, 'ana');
    standIn.partialMs = 400;
    const changing = changeElsewhere(standIn, id, 'cancelado');
    await until(
      'the status is there without its date',
      () => standIn.model.despachos.get(1)?.estado === 'cancelado',
    );
    expect((await dispatches.find([id])).get(id)).toMatchObject({ estado: 'ASIGNADO', version: 1 });
    await changing;
    await until('it is published', async () => (await eventsOf(id)).length === 2);
    const [ended] = (await dispatches.history([id], 1)).get(id)!;
    expect(ended).toMatchObject({ dispatch: { version: 2, estado: 'CANCELADO' } });
    expect(ended!.dispatch.fechaFinalizacion).not.toBeNull();
  });

  test('under the actor who made it, when this service dies between the answer and the event', async () => {
    const standIn = await tMsDespacho();
    const repositories = await tMsDespachoRepositories(standIn, {
      env: { MS_DESPACHO_WRITE_TIMEOUT_MS: '100' },
    });
    const { id } = await repositories.dispatches.create(request, 'ana');
    // The answer is lost: whether it happened is not known.
    standIn.trouble = ({ method }) => (method === 'PATCH' ? { kind: 'partial' } : undefined);
    await expect(repositories.dispatches.updateStatus(id, 'EN_CAMINO', byAna)).rejects.toMatchObject(
      clientError('UPSTREAM_UNAVAILABLE'),
    );
    standIn.trouble = () => undefined;
    expect(await repositories.eventsOf(id)).toEqual(['1 CREATED ASIGNADO ana']);
    repositories.startPoller();
    await until('the poller detects it', async () => (await repositories.eventsOf(id)).length === 2);
    expect(await repositories.eventsOf(id)).toEqual([
      '1 CREATED ASIGNADO ana',
      '2 STATUS_CHANGED EN_CAMINO ana',
    ]);
  });

  test('for a creation whose answer was lost as well', async () => {
    const standIn = await tMsDespacho();
    const repositories = await tMsDespachoRepositories(standIn);
    await createElsewhere(standIn);
    await repositories.dispatches.list(all, 10, 0);
    standIn.trouble = ({ method }) => (method === 'POST' ? { kind: 'partial' } : undefined);
    await expect(repositories.dispatches.create(request, 'ana')).rejects.toMatchObject(
      clientError('UPSTREAM_UNAVAILABLE'),
    );
    expect(standIn.calls.filter((call) => call === 'POST /api/v1/despachos')).toHaveLength(2);
    repositories.startPoller();
    await until('the poller detects it', async () => (await repositories.eventsOf('2')).length === 1);
    expect(await repositories.eventsOf('2')).toEqual(['1 CREATED ASIGNADO ana']);
  });
});

test('what was there before this service looked is stored without an event', async () => {
  const standIn = await tMsDespacho();
  const old = await createElsewhere(standIn);
  const { dispatches, eventsOf } = await tMsDespachoRepositories(standIn);
  await dispatches.list(all, 10, 0);
  const recent = await createElsewhere(standIn);
  await dispatches.list(all, 10, 0);
  await changeElsewhere(standIn, old, 'en_camino');
  await dispatches.list(all, 10, 0);
  expect(await eventsOf(old)).toEqual(['2 STATUS_CHANGED EN_CAMINO ms-despacho']);
  expect(await eventsOf(recent)).toEqual(['1 CREATED ASIGNADO ms-despacho']);
});

test('limit and offset become pages, whatever they are', async () => {
  const standIn = await tMsDespacho();
  const { dispatches } = await tMsDespachoRepositories(standIn);
  for (let count = 0; count < 23; count++) await createElsewhere(standIn, count % 2 ? 'alta' : 'baja');
  const ids = async (limit: number, offset: number, prioridad: 'ALTA' | null = null) =>
    (await dispatches.list({ estado: null, prioridad }, limit, offset)).map(({ id }) => Number(id));
  const newestFirst = Array.from({ length: 23 }, (_, index) => 23 - index);
  for (const [limit, offset] of [
    [5, 0],
    [5, 5],
    [5, 7],
    [7, 20],
    [1, 22],
    [10, 3],
    [500, 0],
    [3, 23],
    [4, 13],
  ] as const)
    expect(await ids(limit, offset)).toEqual(newestFirst.slice(offset, offset + limit));
  expect(await ids(2, 1, 'ALTA')).toEqual([20, 18]);
});

test('a list of 100 with track and ambulance is one call', async () => {
  const standIn = await tMsDespacho();
  const { dispatches, locations } = await tMsDespachoRepositories(standIn);
  for (let count = 0; count < 100; count++) await createElsewhere(standIn);
  await dispatches.list(all, 1, 0);
  const before = standIn.calls.length;
  const listed = await dispatches.list(all, 100, 0);
  const ids = listed.map(({ id }) => id);
  await Promise.all([locations.track(ids, 100), locations.latest(ids), dispatches.history(ids, 50)]);
  expect(listed.filter(({ ambulancia }) => ambulancia?.placa)).toHaveLength(100);
  expect(standIn.calls.slice(before)).toEqual(['GET /api/v1/despachos']);
});

test('reads of one dispatch at the same time are two calls at the most, and one is cancelled when the last caller leaves', async () => {
  const standIn = await tMsDespacho();
  const { dispatches, metrics } = await tMsDespachoRepositories(standIn);
  const { id } = await dispatches.create(request, 'ana');
  const before = standIn.calls.length;
  await Promise.all(Array.from({ length: 50 }, () => dispatches.find([id])));
  // One for the first who come, and one for all who come while that is under way: nobody gets what is older than their question.
  expect(standIn.calls.slice(before)).toHaveLength(2);

  standIn.trouble = () => ({ kind: 'slow', ms: Infinity });
  const [one, two] = [new AbortController(), new AbortController()];
  const reads = [one, two].map(({ signal }) => dispatches.find([id], signal));
  const outcomes = Promise.allSettled(reads);
  await until('the call is made', () => standIn.calls.length === before + 3);
  one.abort();
  two.abort();
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await until('it is cancelled', async () =>
    (await metrics.registry.metrics()).includes('outcome="called off"'),
  );
});

test('more dispatches than may be read at once are read one after the other', async () => {
  const standIn = await tMsDespacho();
  const { dispatches } = await tMsDespachoRepositories(standIn);
  for (let count = 0; count < 400; count++) await createElsewhere(standIn);
  const ids = Array.from({ length: 400 }, (_, index) => String(index + 1));
  expect((await dispatches.find(ids)).size).toBe(400);
});

test('one process of the cluster at a time looks for changes, and another one when it is gone', async () => {
  const standIn = await tMsDespacho();
  const url = await databases.emptyPostgres();
  const clock = new ManualClock();
  const leases = new LeasesMemory({ clock });
  const processes: Awaited<ReturnType<typeof tMsDespachoRepositories>>[] = [];
  for (let count = 0; count < 3; count++)
    processes.push(
      await tMsDespachoRepositories(standIn, { database: await databases.openPostgres(url), leases, clock }),
    );
  const rounds: number[] = [];
  standIn.trouble = ({ query }) => {
    if (query.has('activos')) rounds.push(clock.now());
    return undefined;
  };
  for (const { startPoller } of processes) startPoller();
  const asTimePasses = (what: string, look: () => Promise<boolean> | boolean) =>
    until(what, async () => {
      await clock.advance(50);
      return look();
    });
  await asTimePasses('a few rounds', () => rounds.length >= 4);
  const gaps = rounds.slice(1).map((at, index) => at - rounds[index]!);
  // From the end of one to the beginning of the next.
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(400);

  const id = await createElsewhere(standIn);
  await asTimePasses('it is published', async () => (await processes[0]!.eventsOf(id)).length > 0);
  await processes[0]!.poller.close();
  await processes[1]!.poller.close();
  await changeElsewhere(standIn, id, 'en_camino');
  await asTimePasses('the last one publishes it', async () => (await processes[0]!.eventsOf(id)).length > 1);
  expect(await processes[0]!.eventsOf(id)).toEqual([
    '1 CREATED ASIGNADO ms-despacho',
    '2 STATUS_CHANGED EN_CAMINO ms-despacho',
  ]);
});

test('a database of our own dispatches takes no copies of others, nor the other way round', async () => {
  const database = await openSqlite({ folder: ':memory:' });
  await ensureOwner(database, 'own');
  await ensureOwner(database, 'ms-despacho');
  const { dispatches } = await tMsDespachoRepositories(await tMsDespacho(), { database });
  await dispatches.create(request, 'ana');
  await ensureOwner(database, 'ms-despacho');
  const refused = ensureOwner(database, 'own');
  await expect(refused).rejects.toThrow(SettingError);
  await expect(refused).rejects.toThrow('MS_DESPACHO_URL is not set, and the database holds copies');
  await database.close();
});
