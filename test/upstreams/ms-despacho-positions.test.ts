/** The promises of positions of dispatches that live in MS Despacho, which dates what arrives, and moves ambulances to it. */
import { expect, test } from '@jest/globals';
import type { AuditTrail } from '../../src/modules/dispatch/audit-trail.ts';
import { MsDespacho } from '../../src/upstreams/ms-despacho.ts';
import type { Upstream } from '../../src/upstreams/upstream.ts';
import { ManualClock } from '../support/clock.ts';
import { tMsDespacho, tMsDespachoRepositories } from '../support/ms-despacho-repositories.ts';
import { clientError, position, request } from '../support/repositories.ts';
import { until } from '../support/until.ts';

/** What the poller sees of the dispatches that are under way. */
const seen = async (upstream: Upstream) => {
  const client = new MsDespacho({ upstream, writeTimeoutMs: 5_000 });
  return (await client.page({ activos: true }, { page: 1, perPage: 100 })).dispatches;
};
/** The latitudes of those that are in the audit trail, the last first. */
const shown = async (audit: AuditTrail) =>
  (await audit.list({ type: 'location.reported' }, 10)).map(
    ({ data }) => (data as { location: { latitud: number } }).location.latitud,
  );

test('positions are kept as their devices dated them, else as MS Despacho did, the newest first, each once', async () => {
  let now = Date.UTC(2026, 0, 1);
  const standIn = await tMsDespacho({ now: () => now });
  const { dispatches, locations, audit } = await tMsDespachoRepositories(standIn);
  const { id } = await dispatches.create(request, 'ana');
  const despacho = standIn.model.despachos.get(1)!;
  const bare = { velocidad: null, altitud: null, precision: null };
  standIn.model.report(despacho, { latitud: 1, longitud: 1, ...bare });
  now += 10_000;
  await locations.report(
    id,
    { ...position, latitud: 2, longitud: 2, recordedAt: '2020-01-01T00:00:00.000Z' },
    { actorId: 'eva', onlyAmbulanciaId: null },
  );
  now += 10_000;
  standIn.model.report(despacho, { latitud: 3, longitud: 3, ...bare, velocidad: 61.25 });
  await dispatches.find([id]);
  await dispatches.find([id]);
  const track = (await locations.track([id], 10)).get(id)!;
  expect(track.map(({ latitud }) => latitud)).toEqual([3, 1, 2]);
  expect(track[0]).toMatchObject({ velocidad: 61.25, recordedAt: '2026-01-01T00:00:20.000Z' });
  expect(track[1]).toMatchObject({ rumbo: null, recordedAt: '2026-01-01T00:00:00.000Z' });
  expect(track[2]).toMatchObject({ rumbo: position.rumbo, recordedAt: '2020-01-01T00:00:00.000Z' });
  expect((await locations.latest([id])).get(id)).toMatchObject({ location: { latitud: 3 } });
  expect(await shown(audit)).toEqual([3, 1, 2]);
});

test('positions that are late do not move the ambulance, wherever MS Despacho sees it then', async () => {
  let now = Date.UTC(2026, 0, 1, 12);
  const standIn = await tMsDespacho({ now: () => now });
  const clock = new ManualClock(now);
  const { dispatches, locations, tracks, audit, upstream } = await tMsDespachoRepositories(standIn, {
    clock,
  });
  const { id } = await dispatches.create(request, 'ana');
  const look = async () => {
    now += 1_000;
    await clock.advance(1_000);
    await tracks.ingest(await seen(upstream));
    await dispatches.find([id]);
  };
  const reportAt = (latitud: number, seconds: number) =>
    locations.report(
      id,
      {
        ...position,
        latitud,
        recordedAt: new Date(Date.UTC(2026, 0, 1, 12) + seconds * 1000).toISOString(),
      },
      { actorId: 'eva', onlyAmbulanciaId: null },
    );
  await reportAt(1, -10);
  await look();
  await reportAt(2, -600);
  await look();
  expect((await locations.latest([id])).get(id)).toMatchObject({ location: { latitud: 1 } });
  // Sent again, it is not sent on.
  const before = standIn.calls.length;
  await reportAt(2, -600);
  expect(standIn.calls.slice(before)).toEqual([]);
  // What somebody else says there of the ambulance is newer.
  standIn.model.move(standIn.model.ambulances[0]!, 5, 5);
  await look();
  expect((await locations.latest([id])).get(id)).toMatchObject({ location: { latitud: 5 } });
  expect((await locations.track([id], 10)).get(id)!.map(({ latitud }) => latitud)).toEqual([5, 1, 2]);
  expect(await shown(audit)).toEqual([5, 2, 1]);
});

test('positions are dated by their devices also where they were found before they were answered', async () => {
  const standIn = await tMsDespacho();
  const { dispatches, locations, tracks, upstream } = await tMsDespachoRepositories(standIn);
  const { id } = await dispatches.create(request, 'ana');
  const old = { ...position, latitud: 2, recordedAt: '2020-01-01T00:00:00.000Z' };
  const byEva = { actorId: 'eva', onlyAmbulanciaId: null };
  const answered = Promise.withResolvers<void>();
  standIn.trouble = ({ method }) =>
    method === 'POST' ? { kind: 'answered late', until: answered.promise } : undefined;
  const reporting = locations.report(id, old, byEva);
  await until('it is there', () => Promise.resolve(standIn.model.despachos.get(1)!.track.length === 1));
  await tracks.ingest(await seen(upstream));
  await dispatches.find([id]);
  expect((await locations.latest([id])).size).toBe(0);
  answered.resolve();
  expect(await reporting).toMatchObject({ location: { recordedAt: old.recordedAt } });
  expect((await locations.track([id], 10)).get(id)).toHaveLength(1);
});

test('positions whose answer was lost are found with their dates, and not sent again', async () => {
  const standIn = await tMsDespacho();
  const { dispatches, locations, audit } = await tMsDespachoRepositories(standIn);
  const { id } = await dispatches.create(request, 'ana');
  const old = { ...position, latitud: 2, recordedAt: '2020-01-01T00:00:00.000Z' };
  const byEva = { actorId: 'eva', onlyAmbulanciaId: null };
  standIn.trouble = ({ method }) => (method === 'POST' ? { kind: 'partial' } : undefined);
  await expect(locations.report(id, old, byEva)).rejects.toMatchObject(clientError('UPSTREAM_UNAVAILABLE'));
  standIn.trouble = () => undefined;
  expect(await locations.report(id, old, byEva)).toMatchObject({ location: old });
  expect(standIn.model.despachos.get(1)!.track).toHaveLength(1);
  expect(await audit.list({ type: 'location.reported' }, 10)).toMatchObject([{ actorId: 'eva' }]);
});

test('positions at 0, 0 are none, there neither', async () => {
  const standIn = await tMsDespacho();
  const { dispatches, locations, tracks, upstream } = await tMsDespachoRepositories(standIn);
  const { id } = await dispatches.create(request, 'ana');
  const bare = { velocidad: null, altitud: null, precision: null };
  standIn.model.report(standIn.model.despachos.get(1)!, { latitud: 0, longitud: 0, ...bare });
  await tracks.ingest(await seen(upstream));
  await dispatches.find([id]);
  expect((await locations.latest([id])).size).toBe(0);
});
