/** Proves that changes that another service writes and announces reach the subscribers of every process once. */
import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { subscribe, tClient } from '../support/graphql-client.ts';
import {
  assign,
  createDispatch,
  dispatchesUpdated,
  dispatchUpdated,
  type Update,
} from '../support/operations.ts';
import { complaintsOf, processName, tServices, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

const tService = tServices();
const channel = 'despacho:events';

const isoNow = () => new Date().toISOString();

/** In the format of MS Despacho's RedisEventPublisher. */
const announcement = (type: string, data: Record<string, unknown>) => ({
  type: `despacho.${type}`,
  data: { numero: null, usuario_id: null, timestamp: '2026-11-24T04:00:00+00:00', ...data },
  service: 'ms-despacho',
  timestamp: '2026-11-24T04:00:00+00:00',
});

/** The other service, which writes rows by SQL and publishes without a key prefix. */
function createOtherService({ query, redis }: TestService) {
  return {
    async create(): Promise<string> {
      const at = isoNow();
      const [row] = await query<{ id: string }>(
        `insert into dispatches (estado, prioridad, incidente, origen_latitud, origen_longitud, fecha_solicitud,
           fecha_actualizacion, version) values ('PENDIENTE', 'ALTA', 'TRASLADO', -16.5, -68.15, $1, $1, 1) returning id`,
        [at],
      );
      return row!.id;
    },
    move: (id: string, estado: string) =>
      query('update dispatches set estado = $2, fecha_actualizacion = $3 where id = $1', [
        id,
        estado,
        isoNow(),
      ]),
    publish: async (...messages: (object | string | Buffer)[]) => {
      for (const message of messages) {
        const isRaw = typeof message === 'string' || Buffer.isBuffer(message);
        await redis.client.publish(channel, isRaw ? message : JSON.stringify(message));
      }
    },
    /** Resolves when every process listens. */
    untilHeard: (processes: number) =>
      until('all listen', async () => {
        const [, listeners] = (await redis.client.pubsub('NUMSUB', channel)) as [string, number];
        return listeners === processes;
      }),
  };
}

/** The outcomes of all messages, summed over the processes. */
async function outcomes({ servers }: TestService): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { url } of servers) {
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const [, outcome, value] of text.matchAll(/^dispatch_ingested_total\{outcome="(\w+)"\} (\d+)/gm))
      sums[outcome!] = (sums[outcome!] ?? 0) + Number(value);
  }
  return sums;
}

const seen = (events: readonly Update[], id: string) =>
  events
    .filter(({ dispatch }) => dispatch.id === id)
    .map(
      ({ changeType, dispatch, actorId }) =>
        `${changeType} ${dispatch.estado} ${dispatch.version} ${actorId}`,
    );

async function watchAll({ servers }: TestService, document: string, variables: Record<string, unknown> = {}) {
  return Promise.all(
    servers.map(async (server) =>
      subscribe<Update>(tClient(server.wsUrl, await server.client.token()), document, { ...variables }),
    ),
  );
}

describe('another service', () => {
  test('creates and changes a dispatch: every subscriber sees each change once, however often it is announced', async () => {
    const service = await tService();
    const { servers } = service;
    const other = createOtherService(service);
    await other.untilHeard(3);
    const { data } = await servers[0]!.client.ask<{ dispatchesCursor: string }>('{ dispatchesCursor }');
    const boards = await watchAll(service, dispatchesUpdated, { after: data!.dispatchesCursor });

    const id = await other.create();
    await other.publish(announcement('created', { id: Number(id), estado: 'pendiente' }));
    for (const board of boards) await board.until((events) => seen(events, id).length === 1);
    const streams = await watchAll(service, dispatchUpdated, { id });
    for (const stream of streams) await stream.until((events) => events.length === 1);

    await other.publish(
      'this is no JSON',
      Buffer.from([0xff, 0x00, 0xfe]),
      '',
      '"text"',
      JSON.stringify(announcement('updated', { id: { $ne: null } })),
      JSON.stringify({ ...announcement('updated', { id }), service: 'x'.repeat(5_000_000) }),
      announcement('updated', { id: 987_654_321 }),
      announcement('updated', { id: 'siete' }),
    );
    await other.move(id, 'ASIGNADO');
    await other.publish(
      announcement('assigned', { dispatch_id: id, estado: 'assigned' }),
      announcement('assigned', { dispatch_id: id, estado: 'assigned' }),
      // An announcement that is late, of an older change.
      announcement('updated', { id, estado: 'pendiente' }),
    );
    for (const stream of streams) await stream.until((events) => events.length === 2);
    await other.move(id, 'EN_CAMINO');
    await other.publish(announcement('updated', { id: Number(id), estado: 'en_camino' }));
    for (const stream of streams) await stream.until((events) => events.length === 3);

    // Changes through this service, in between and afterwards.
    const own = await createDispatch(servers[1]!.client);
    await other.publish(announcement('updated', { id: own }));
    await assign(servers[2]!.client, own);

    // Six messages cannot be read, which each process counts; seven were handled, each by one process: by another one as well, if that
    // had to wait for so long that it took the first one for dead.
    await until('all are counted', async () => {
      const { refused = 0, ...others } = await outcomes(service);
      return refused === 21 && Object.values(others).reduce((sum, count) => sum + count, 0) >= 7;
    });
    // The first message about a change finds it; a later one may find the next change already.
    const { duplicate = 0, unchanged = 0, event = 0, unknown = 0, ...certain } = await outcomes(service);
    expect(certain).toEqual({ refused: 21 });
    expect(Math.min(event, unknown)).toBeGreaterThanOrEqual(1);
    expect(event + duplicate + unchanged).toBeGreaterThanOrEqual(6);
    for (const board of boards) await board.until((events) => seen(events, own).length === 2);
    const changes = ['STATUS_CHANGED ASIGNADO 2 ms-despacho', 'STATUS_CHANGED EN_CAMINO 3 ms-despacho'];
    for (const { events } of boards) {
      expect(seen(events, id)).toEqual(['CREATED PENDIENTE 1 ms-despacho', ...changes]);
      expect(seen(events, own)).toEqual(['CREATED PENDIENTE 1 ana', 'ASSIGNED ASIGNADO 2 ana']);
    }
    for (const { events } of streams)
      expect(seen(events, id)).toEqual(['SNAPSHOT PENDIENTE 1 null', ...changes]);
    for (const server of servers) expect(complaintsOf(server)).toEqual([]);
  }, 60_000);

  test('is heard though the process that handles its message is killed: another one takes over', async () => {
    const service = await tService();
    const { servers, databaseUrl, query } = service;
    const other = createOtherService(service);
    await other.untilHeard(3);
    const id = await createDispatch(servers[0]!.client);

    // While the row is locked, the process that has claimed the message waits.
    const holder = new pg.Client({ connectionString: databaseUrl });
    await holder.connect();
    try {
      await holder.query('begin');
      await holder.query("update dispatches set estado = 'ASIGNADO', ambulancia_id = 'A1' where id = $1", [
        id,
      ]);
      await other.publish(announcement('assigned', { dispatch_id: id }));
      const claimer = await until('one waits for the row', async () => {
        const [waiting] = await query<{ application_name: string }>(
          "select application_name from pg_stat_activity where wait_event_type = 'Lock' and query like '%for update%'",
        );
        return waiting?.application_name;
      });
      const killed = servers.findIndex((_, index) => processName(index) === claimer);
      await servers[killed]!.kill('SIGKILL');
      const others = servers.filter((_, index) => index !== killed);
      const streams = await watchAll({ ...service, servers: others }, dispatchUpdated, { id });
      for (const stream of streams) await stream.until((events) => events.length === 1);
      await holder.query('commit');
      for (const stream of streams) {
        await stream.until((events) => events.length === 2);
        expect(seen(stream.events, id)).toEqual([
          'SNAPSHOT PENDIENTE 1 null',
          'ASSIGNED ASIGNADO 2 ms-despacho',
        ]);
      }
      await until('it is counted', async () => {
        const counted = await outcomes({ ...service, servers: others });
        return counted['event'] === 1;
      });
    } finally {
      await holder.end();
    }
  }, 60_000);
});
