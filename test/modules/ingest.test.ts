/** The promises of the ingest: one event per real change, whatever other services publish about it. */
import { describe, expect, test } from '@jest/globals';
import type { Database } from '../../src/db/database.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { DispatchEvent } from '../../src/modules/dispatch/events.ts';
import { Ingest, type IngestOptions } from '../../src/modules/dispatch/notifications/ingest.ts';
import { createReconcile } from '../../src/modules/dispatch/notifications/reconcile.ts';
import { LeasesMemory } from '../../src/stores/leases/memory.ts';
import { PubSubMemory } from '../../src/stores/pubsub/memory.ts';
import { ManualClock } from '../support/clock.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { byAna, request, tRepositories } from '../support/repositories.ts';
import { until } from '../support/until.ts';

const databases = tDatabases();

const channel = 'despacho:events';
/** From the first look at a dispatch to the second. */
const secondLookMs = 1_000;
const leaseMs = 5_100;
const log = createLogger('silent');

/** As MS Despacho's RedisEventPublisher writes it. */
const message = (data: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  type: 'despacho.updated',
  data: { numero: null, usuario_id: null, timestamp: '2026-11-24T04:00:00+00:00', ...data },
  service: 'ms-despacho',
  timestamp: '2026-11-24T04:00:00+00:00',
  ...more,
});

/** Some processes on one database, one bus and one store of leases. */
async function tIngests(database: Database, overrides: Partial<IngestOptions> = {}) {
  const clock = new ManualClock();
  const bus = new PubSubMemory({ log });
  const leases = new LeasesMemory({ clock });
  const metrics = createMetrics();
  const { assignmentBook } = tRepositories(database, { clock });
  const reconcile = createReconcile(database, clock, log, assignmentBook);
  const ingests = Array.from(
    { length: 3 },
    () => new Ingest({ bus, leases, reconcile, clock, metrics, log, ...overrides }),
  );
  await Promise.all(ingests.map((ingest) => ingest.start()));
  const close = async () => {
    await Promise.all(ingests.map((ingest) => ingest.close()));
    await Promise.all([bus.close(), leases.close()]);
  };
  databases.cleanUp(close);

  const outcomes = async (): Promise<Record<string, number>> => {
    const { values } = await metrics.ingested.get();
    return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]));
  };
  const handled = async () => Object.values(await outcomes()).reduce((sum, value) => sum + value, 0);
  return {
    clock,
    leases,
    close,
    outcomes,
    publish: (...messages: unknown[]) => Promise.all(messages.map((each) => bus.publish(channel, each))),
    /** Moves time on in small steps until this many messages were counted. */
    async untilHandled(count: number) {
      await until(`${count} messages are handled`, async () => {
        await clock.advance(secondLookMs / 10);
        return (await handled()) >= count;
      });
    },
  };
}

/** The events of a dispatch, oldest first: "CREATED PENDIENTE 1 ana". */
async function eventsOf(database: Database, id: string): Promise<string[]> {
  const rows = await database.query
    .selectFrom('events')
    .select('payload')
    .where('despacho_id', '=', Number(id))
    .orderBy('id')
    .execute();
  return rows.map(({ payload }) => {
    const { changeType, dispatch, actorId } = JSON.parse(payload) as DispatchEvent;
    return `${changeType} ${dispatch.estado} ${dispatch.version} ${actorId}`;
  });
}

const change = (database: Database, id: string, values: Record<string, string | number | null>) =>
  database.query.updateTable('dispatches').set(values).where('id', '=', Number(id)).execute();

const created = 'CREATED PENDIENTE 1 ana';
const assigned = { estado: 'ASIGNADO', ambulancia_id: 'A1', ambulancia_placa: '1234-ABC' };

describe.each(databaseKinds)('the ingest of three processes on %s', (kind) => {
  test('publishes each change once, however the service counts versions and whatever it calls the id', async () => {
    const database = await databases.open(kind);
    const { dispatches } = tRepositories(database);
    const { publish, untilHandled, outcomes } = await tIngests(database);
    const { id } = await dispatches.create(request, 'ana');

    await change(database, id, assigned);
    const assignment = { type: 'despacho.assigned', data: { dispatch_id: Number(id), estado: 'assigned' } };
    await publish({ ...message({}), ...assignment });
    await untilHandled(1);
    await change(database, id, { estado: 'EN_CAMINO', version: 3 });
    await publish(message({ id }));
    await untilHandled(2);
    await change(database, id, { observaciones: 'Tres heridos' });
    await publish(message({ id: Number(id) }, { service: null, timestamp: undefined }));
    await untilHandled(3);

    expect(await eventsOf(database, id)).toEqual([
      created,
      'ASSIGNED ASIGNADO 2 ms-despacho',
      'STATUS_CHANGED EN_CAMINO 3 ms-despacho',
      'UPDATED EN_CAMINO 4 unknown',
    ]);
    expect(await outcomes()).toEqual({ event: 3 });
    expect((await dispatches.find([id])).get(id)).toMatchObject({ estado: 'EN_CAMINO', version: 4 });
  });

  test('shows a dispatch that another service created', async () => {
    const database = await databases.open(kind);
    const { dispatches } = tRepositories(database);
    const { publish, untilHandled } = await tIngests(database);
    const { id } = await dispatches.create(request, 'ana');
    await database.query.deleteFrom('events').execute();
    await publish(message({ id }, { type: 'despacho.created' }));
    await untilHandled(1);
    expect(await eventsOf(database, id)).toEqual(['CREATED PENDIENTE 1 ms-despacho']);
  });

  test('publishes nothing twice: messages doubled, late, and about our own changes', async () => {
    const database = await databases.open(kind);
    const { dispatches } = tRepositories(database);
    const { publish, untilHandled, outcomes } = await tIngests(database);
    const { id } = await dispatches.create(request, 'ana');
    const assignment = { id: 'A1', placa: null };
    await dispatches.assign(id, assignment, byAna);
    const late = message({ id, estado: 'pendiente' });
    const twice = message({ id, estado: 'en_camino' }, { timestamp: '2026-11-24T04:00:01+00:00' });
    await change(database, id, { estado: 'EN_CAMINO' });
    await publish(twice, twice, late, twice);
    await untilHandled(4);
    expect(await eventsOf(database, id)).toEqual([
      created,
      'ASSIGNED ASIGNADO 2 ana',
      'STATUS_CHANGED EN_CAMINO 3 ms-despacho',
    ]);
    const { event = 0, unchanged = 0, duplicate = 0, ...others } = await outcomes();
    expect(event).toBe(1);
    expect(event + unchanged + duplicate).toBe(4);
    expect(duplicate).toBeGreaterThanOrEqual(1);
    expect(others).toEqual({});
  });

  test('does not take a second change within the same second for a doubled message', async () => {
    const database = await databases.open(kind);
    const { dispatches } = tRepositories(database);
    const { publish, untilHandled, outcomes } = await tIngests(database);
    const { id } = await dispatches.create(request, 'ana');
    for (const observaciones of ['uno', 'dos', 'tres']) {
      await change(database, id, { observaciones });
      await publish(message({ id }));
      await until(
        'it is published',
        async () =>
          (await dispatches.history([id], 1)).get(id)?.[0]?.dispatch.observaciones === observaciones,
      );
    }
    await untilHandled(3);
    expect(await eventsOf(database, id)).toHaveLength(4);
    expect(await outcomes()).toEqual({ event: 3 });
  });

  test('finds what is saved only after it was published', async () => {
    const database = await databases.open(kind);
    const { dispatches } = tRepositories(database);
    const { publish, untilHandled, outcomes, clock } = await tIngests(database);
    const { id } = await dispatches.create(request, 'ana');
    await publish(message({ id }), message({ id: String(Number(id) + 1) }, { type: 'despacho.created' }));
    await until('both were looked at', () => clock.pending > 4);
    await change(database, id, { observaciones: 'later' });
    const next = await dispatches.create(request, 'ana');
    await database.query.deleteFrom('events').where('despacho_id', '=', Number(next.id)).execute();
    await untilHandled(2);
    expect(await eventsOf(database, id)).toEqual([created, 'UPDATED PENDIENTE 2 ms-despacho']);
    expect(await eventsOf(database, next.id)).toEqual(['CREATED PENDIENTE 1 ms-despacho']);
    expect(await outcomes()).toEqual({ event: 2 });
  });

  test('survives and counts what cannot be read, is not known, or cannot be shown', async () => {
    const database = await databases.open(kind);
    const { dispatches } = tRepositories(database);
    const { publish, untilHandled, outcomes } = await tIngests(database);
    const { id } = await dispatches.create(request, 'ana');
    const unreadable = [
      ...['text', 7, null, [], {}, { type: 'despacho.updated' }, { data: { id } }],
      ...[null, {}, true, 1.5, 2 ** 53, 'siete', '', '9'.repeat(1_000), [id]].map((wrong) =>
        message({ id: wrong }),
      ),
      message({ id }, { type: 'ambulancia.updated' }),
      message({ id }, { service: 'x'.repeat(1_000_000) }),
    ];
    await publish(...unreadable);
    await until('they are refused', async () => (await outcomes())['refused'] === 3 * unreadable.length);

    await publish(
      ...[0, -4, '007', '99', 2 ** 53 - 1, '99999999999999999999'].map((none) => message({ id: none })),
    );
    await untilHandled(3 * unreadable.length + 6);
    expect((await outcomes())['unknown']).toBe(6);

    await change(database, id, { estado: 'PERDIDO' });
    await publish(message({ id }));
    await untilHandled(3 * unreadable.length + 7);
    await change(database, id, { estado: 'PENDIENTE', fecha_solicitud: 'ayer' });
    await publish(message({ id }));
    await untilHandled(3 * unreadable.length + 8);
    expect(await eventsOf(database, id)).toEqual([created]);

    await change(database, id, { fecha_solicitud: '2026-01-01T00:00:00.000Z', prioridad: 'CRITICA' });
    await publish(message({ id, x: JSON.parse('['.repeat(2_000) + ']'.repeat(2_000)) as unknown }));
    await untilHandled(3 * unreadable.length + 9);
    expect(await eventsOf(database, id)).toEqual([created, 'UPDATED PENDIENTE 2 ms-despacho']);
    expect(await outcomes()).toEqual({ refused: 3 * unreadable.length + 2, unknown: 6, event: 1 });
  });

  test('is done by another process when the one that acquired the lease of a message died', async () => {
    const database = await databases.open(kind);
    const { dispatches } = tRepositories(database);
    const { publish, outcomes, clock, leases } = await tIngests(database);
    const { id } = await dispatches.create(request, 'ana');
    // A process that is no more.
    await leases.acquire(`ingest:${id} despacho.updated 2026-11-24T04:00:00+00:00 1`, leaseMs);
    await change(database, id, assigned);
    await publish(message({ id }));
    await until('all three wait for it', () => clock.pending === 4);
    expect(await eventsOf(database, id)).toEqual([created]);
    await clock.advance(leaseMs);
    await until('one has taken over', async () => (await eventsOf(database, id)).length === 2);
    await clock.advance(secondLookMs);
    await until('it is counted', async () => (await outcomes())['event'] === 1);
    await clock.advance(10 * leaseMs);
    expect(await eventsOf(database, id)).toEqual([created, 'ASSIGNED ASIGNADO 2 ms-despacho']);
    expect(await outcomes()).toEqual({ event: 1 });
  });
});

describe('the ingest', () => {
  test('tries again while the database cannot be reached, and says so when it gives up', async () => {
    const database = await databases.open('SQLite in memory');
    let tries = 0;
    let isAway = true;
    const { publish, clock, outcomes } = await tIngests(database, {
      async reconcile() {
        tries += 1;
        if (isAway) throw new Error('The database is away.');
        return 'event';
      },
    });
    await publish(message({ id: 1 }));
    await until('it was tried', () => tries === 1);
    await until('it is to be tried again', () => clock.pending === 4);
    isAway = false;
    await clock.advance(leaseMs);
    await until('it was tried again', () => tries === 2);
    await clock.advance(secondLookMs);
    await until('it is counted', async () => (await outcomes())['event'] === 1);

    isAway = true;
    await publish(message({ id: 2 }));
    await until('all have given up', async () => {
      await clock.advance(leaseMs / 2);
      return (await outcomes())['failed'] === 3;
    });
    expect(await outcomes()).toEqual({ event: 1, failed: 3 });
  });

  test('leaves the database to others as well, however many messages come at once', async () => {
    const database = await databases.open('SQLite in memory');
    let running = 0;
    let most = 0;
    const { publish, untilHandled, outcomes } = await tIngests(database, {
      async reconcile() {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return 'unchanged';
      },
    });
    await publish(...Array.from({ length: 500 }, (_, index) => message({ id: index + 1 })));
    await untilHandled(500);
    expect(await outcomes()).toEqual({ unchanged: 500 });
    // Four of each of the three processes.
    expect(most).toBeLessThanOrEqual(12);
  });

  test('gives up what comes beyond so many messages, instead of keeping all of them', async () => {
    const clock = new ManualClock();
    const [bus, leases, metrics] = [new PubSubMemory({ log }), new LeasesMemory({ clock }), createMetrics()];
    const answered = Promise.withResolvers<'unknown'>();
    const ingest = new Ingest({ bus, leases, clock, metrics, log, reconcile: () => answered.promise });
    const notification = { despachoId: '1', service: 'ms-despacho', type: 'despacho.updated', timestamp: '' };
    for (let count = 0; count < 20_005; count += 1) ingest.take(notification);
    const { values } = await metrics.ingested.get();
    expect(values).toMatchObject([{ labels: { outcome: 'failed' }, value: 5 }]);
    answered.resolve('unknown');
    await ingest.close();
    await Promise.all([bus.close(), leases.close()]);
  });

  test('leaves nothing behind when it is closed', async () => {
    const database = await databases.open('SQLite in memory');
    const { publish, close, clock } = await tIngests(database);
    await publish(message({ id: 1 }), message({ id: 2 }));
    await until('they are handled', () => clock.pending > 0);
    await close();
    expect(clock.pending).toBe(0);
  });
});
