/** What a newer version wrote to the record, which a deploy may take back: the rest is shown, and it is counted. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Database, UnreadableRow } from '../../src/db/database.ts';
import { Relay, type RelayRequest } from '../../src/db/relay.ts';
import { createMutationKey } from '../../src/lib/mutation-key.ts';
import { createReconcile } from '../../src/modules/dispatch/notifications/reconcile.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { byAna, clientError, position, request, tRepositories } from '../support/repositories.ts';
import { until } from '../support/until.ts';

const databases = tDatabases();
const all = { estado: null, prioridad: null };
const newer = clientError('UPSTREAM_UNAVAILABLE', { reason: 'NEWER_VERSION' });
const byPablo = { actorId: 'pablo', onlyAmbulanciaId: null };
const log = createLogger('silent');

describe.each(databaseKinds)('on %s', (kind) => {
  let database: Database;
  let repositories: ReturnType<typeof tRepositories>;
  let leftOut: string[];
  beforeEach(async () => {
    database = await databases.open(kind);
    repositories = tRepositories(database);
    leftOut = [];
    database.onUnreadable(({ table, id }: UnreadableRow) => leftOut.push(`${table} ${id}`));
    for (let count = 0; count < 3; count++) await repositories.dispatches.create(request, 'ana');
  });

  describe.each(['estado', 'prioridad', 'incidente'])('a dispatch with an unknown %s', (column) => {
    beforeEach(async () => {
      await sql`update dispatches set ${sql.ref(column)} = 'EN_PAUSA' where id = 2`.execute(database.query);
    });

    test('is left out of lists, and counted', async () => {
      const { dispatches } = repositories;
      expect((await dispatches.list(all, 10, 0)).map(({ id }) => id)).toEqual(['3', '1']);
      expect([...(await dispatches.find(['1', '2', '3'])).keys()]).toEqual(['1', '3']);
      expect([...(await dispatches.findPublished(['2'])).keys()]).toEqual([]);
      expect(leftOut).toEqual(['dispatches 2', 'dispatches 2', 'dispatches 2']);
    });

    test('cannot be changed here, nor followed: a process of the newer version can', async () => {
      const { dispatches, follows } = repositories;
      const changes = [
        dispatches.updateStatus('2', 'CANCELADO', byAna),
        dispatches.assign('2', { id: 'A-7', placa: null }, byAna),
        follows.follow('ana', '2'),
      ];
      for (const change of changes) await expect(change).rejects.toMatchObject(newer);
      // A position has nothing to do with it.
      await repositories.locations.report('2', position, byPablo);
      expect(
        await createReconcile(database, repositories.clock, log, repositories.assignmentBook)('2', 'other'),
      ).toBe('refused');
    });
  });

  test('an event that cannot be read is left out of the history, and of the stream', async () => {
    const { dispatches, audit, clock, assignmentBook } = repositories;
    await dispatches.updateStatus('1', 'CANCELADO', byAna);
    const payload = { changeType: 'PAUSED', dispatch: { id: '1', estado: 'EN_PAUSA' }, why: 'rain' };
    const event = { type: 'dispatch.updated', despachoId: 1, actorId: 'ana', at: '2026-01-01T00:00:00.000Z' };
    await database.change((change) => change.writeEvent({ ...event, topics: ['dispatch:1'], payload }));
    const history = (await dispatches.history(['1'], 10)).get('1')!;
    expect(history.map(({ changeType }) => changeType)).toEqual(['STATUS_CHANGED', 'CREATED']);
    expect(leftOut).toEqual(['events 5']);
    // In the trail it is what it is.
    expect(await audit.list({}, 1)).toMatchObject([{ id: '5', data: payload }]);
    expect(await createReconcile(database, clock, log, assignmentBook)('1', 'other')).toBe('refused');
  });

  test('what is no JSON, or names no topics, holds up nobody', async () => {
    const { audit, clock } = repositories;
    await sql`update events set payload = 'pickled' where id = 1`.execute(database.query);
    await sql`update events set topics = '{"kind":"dispatches"}' where id = 2`.execute(database.query);
    expect((await audit.list({}, 10)).map(({ id }) => id)).toEqual(['3', '2']);
    const relayed: RelayRequest[] = [];
    const relay = new Relay({
      ...{ database, clock, log, metrics: createMetrics() },
      append: (requests) => {
        relayed.push(...requests);
        return Promise.resolve(requests.map(() => ({ epoch: 'e', offset: 1 })));
      },
      keptEvents: 1_000,
    });
    databases.cleanUp(() => relay.close());
    relay.start();
    await until('what can be is relayed', () => relayed.length > 0);
    expect(relayed.map(({ topic }) => topic)).toEqual(['dispatch:3', 'dispatches']);
    expect(leftOut).toEqual(['events 1', 'events 1', 'events 2']);
  });

  test('a mutation that a newer version has answered is not made again', async () => {
    const { dispatches, locations, messages } = repositories;
    const keyOf = (field: string) =>
      createMutationKey({ viewerId: 'ana', idempotencyKey: 'k', responseName: field, field, args: {} });
    const run = [
      () => dispatches.create(request, 'ana', keyOf('createDispatch')),
      () => locations.report('1', position, { ...byPablo, key: keyOf('reportLocation') }),
      () => messages.broadcast('general', 'Hola', 'ana', keyOf('broadcastMessage')),
    ];
    for (const each of run) await each();
    for (const effect of ['{"v":2}', 'pickled']) {
      await sql`update mutation_keys set effect = ${effect}`.execute(database.query);
      for (const each of run) await expect(each()).rejects.toMatchObject(newer);
    }
    expect(await dispatches.list(all, 10, 0)).toHaveLength(4);
  });

  test('a mutation whose event a newer version wrote is answered with the dispatch as it is', async () => {
    const { dispatches } = repositories;
    const key = createMutationKey({
      ...{ viewerId: 'ana', idempotencyKey: 'k', responseName: 'a', field: 'createDispatch', args: {} },
    });
    const created = await dispatches.create(request, 'ana', key);
    await sql`update events set payload = '{"form":2}' where despacho_id = ${Number(created.id)}`.execute(
      database.query,
    );
    expect(await dispatches.create(request, 'ana', key)).toEqual(created);
  });
});
