/** Proves that a service starts, serves and writes without its Redis, and that nothing is lost. */
import { describe, expect, test } from '@jest/globals';
import { subscribe, tAcknowledgedSocket, tClient, type Shown } from '../support/graphql-client.ts';
import {
  assign,
  createDispatch,
  dispatchesUpdated,
  dispatchUpdated,
  move,
  runThrough,
  type Update,
} from '../support/operations.ts';
import { complaintsOf, tServices, type TestService, type TestServiceOptions } from '../support/service.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const startService = tServices();
const detailsToken = 'for-details';
/** A service whose readiness says to this test what is missing. */
const tService = (options: TestServiceOptions) =>
  startService({ ...options, env: { HEALTH_DETAILS_TOKEN: detailsToken, ...options.env } });

const versions = (events: readonly Update[]) => events.map(({ dispatch }) => dispatch.version);
const oneTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

/** Watches with a client that does not reconnect: if its socket is closed, its stream ends with an error. */
async function watch(server: ServerProcess, document: string, variables: Record<string, unknown> = {}) {
  return subscribe<Update>(tClient(server.wsUrl, await server.client.token()), document, variables);
}

/** The duration of `run` in milliseconds. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return Math.round(performance.now() - startedAt);
}

async function health(server: ServerProcess, which: 'live' | 'ready') {
  const headers = { authorization: `Bearer ${detailsToken}` };
  const response = await fetch(`${server.url}/health/${which}`, { headers });
  return {
    status: response.status,
    body: (await response.json()) as { status: string; dependencies?: Record<string, string> },
  };
}

const untilReady = (server: ServerProcess) =>
  until('it is ready', async () => (await health(server, 'ready')).status === 200);

/** `wasReady`: then it goes on to say so, since all others miss Redis too. */
async function expectToMissRedis(server: ServerProcess, { wasReady }: { wasReady: boolean }): Promise<void> {
  expect(await health(server, 'live')).toMatchObject({ status: 200 });
  const { status, body } = await until('readiness has noticed', async () => {
    const answer = await health(server, 'ready');
    return answer.body.dependencies?.['redis'] === 'ok' ? undefined : answer;
  });
  expect({ status, says: body.status }).toEqual(
    wasReady ? { status: 200, says: 'ready' } : { status: 503, says: 'not ready' },
  );
  expect(body.dependencies).toEqual({ record: 'ok', redis: expect.stringMatching(/^(failed|timeout)$/) });
}

/** Operations that need Redis fail soon, and say so. */
async function expectToBeTold(server: ServerProcess, query: string): Promise<void> {
  const { errors, status } = await server.client.ask(query);
  expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }]);
  expect([200, 503]).toContain(status);
}

/** The log has no errors that only a bug of the service can cause. */
function expectNoMistakes({ servers }: TestService): void {
  for (const server of servers) {
    const unforeseen = server.lines.filter((line) => /unforeseen|unhandled|uncaught|fatal/i.test(line));
    expect(unforeseen).toEqual([]);
    expect(complaintsOf(server, Infinity)).toEqual([]);
  }
}

describe('Redis is away', () => {
  test('at the start: the service serves what it can, says what is missing, and recovers when Redis is there', async () => {
    const service = await tService({ processes: 2, prepare: (redis) => redis.kill() });
    const { servers, redis } = service;
    const [a, b] = servers as [ServerProcess, ServerProcess];
    for (const server of servers) await expectToMissRedis(server, { wasReady: false });

    const id = await createDispatch(a.client);
    const { data } = await b.client.ask<{ despachos: unknown[] }>('{ despachos { id estado } }');
    expect(data!.despachos).toEqual([{ id, estado: 'PENDIENTE' }]);
    for (const query of [
      '{ onlineUsers { id } }',
      '{ connectionStats { connections } }',
      '{ dispatchesCursor despachos { id } }',
      'mutation { updateUserStatus(status: BUSY) { id } }',
    ])
      await expectToBeTold(a, query);

    const waiting = await watch(b, dispatchUpdated, { id });
    await runThrough(a.client, id);
    await redis.restart();
    await waiting.until((events) => events.at(-1)?.dispatch.version === 6);
    // It begins with the newest of the versions that were committed before.
    expect(versions(waiting.events)).toEqual([6]);
    const board = await watch(b, dispatchesUpdated);
    await until('the board is live', async () => {
      await createDispatch(a.client);
      return board.events.length > 0;
    });
    for (const server of servers) await untilReady(server);
    expectNoMistakes(service);
  }, 60_000);

  test('killed while sockets are open: changes succeed, sockets stay, and everything comes in order when it is back', async () => {
    const service = await tService({ processes: 2 });
    const { servers, redis } = service;
    const [a, b] = servers as [ServerProcess, ServerProcess];
    const id = await createDispatch(a.client);
    // A board that is opened before that would be shown the creation.
    await until('its creation is relayed', async () => {
      const relayed = await Promise.all(
        servers.map(({ client }) => client.metric('dispatch_events_relayed_total')),
      );
      return relayed.some((count) => count > 0);
    });
    const shown = await Promise.all(servers.map((server) => watch(server, dispatchUpdated, { id })));
    const boards = await Promise.all(servers.map((server) => watch(server, dispatchesUpdated)));
    for (const one of shown) await one.until((events) => events.length === 1);
    await untilLive(boards, a);

    await redis.kill();
    const ids = [id];
    const took: number[] = [];
    const change = async (run: () => Promise<unknown>) => took.push(await timed(run));
    await change(() => assign(a.client, id));
    await change(() => move(b.client, id, 'EN_CAMINO'));
    await change(async () => ids.push(await createDispatch(b.client)));
    for (const server of servers) {
      await expectToMissRedis(server, { wasReady: true });
      for (const query of [
        '{ onlineUsers { id } }',
        '{ dispatchesCursor }',
        '{ user(id: "ana") { isOnline } }',
      ])
        await expectToBeTold(server, query);
    }
    await change(() => move(a.client, id, 'EN_SITIO'));
    await change(() => move(b.client, id, 'TRASLADANDO'));
    await change(() => move(a.client, id, 'COMPLETADO'));

    // A new subscriber waits meanwhile; on a topic that is followed already, it begins at once.
    const warm = await watch(a, dispatchUpdated, { id });
    await warm.until((events) => events.length === 1);
    const cold = await watch(b, dispatchUpdated, { id: ids[1] });

    const backMs = await timed(async () => {
      await redis.restart();
      for (const one of shown) await one.until((events) => events.at(-1)?.dispatch.version === 6);
      for (const board of boards) await board.until(isOver(id));
    });
    console.log(
      `changes took ${took.join(', ')} ms while Redis was away; all was shown ${backMs} ms after it began to start`,
    );
    for (const one of shown) {
      expect(versions(one.events)).toEqual(oneTo(6));
      expect(one.events.filter(({ changeType }) => changeType === 'SNAPSHOT')).toHaveLength(1);
    }
    for (const board of boards) {
      expect(versionsOf(board, id)).toEqual(oneTo(6).slice(1));
      expect(versionsOf(board, ids[1]!)).toEqual([1]);
    }
    expect(versions(warm.events)).toEqual([6]);
    await cold.until((events) => events.length === 1);
    await assign(a.client, ids[1]!);
    await cold.until((events) => events.length === 2);
    expect(versions(cold.events)).toEqual([1, 2]);

    for (const server of servers) {
      await untilReady(server);
      await until('the presence is back', async () => {
        const { data } = await server.client.ask<{ onlineUsers: { connectionCount: number }[] }>(
          '{ onlineUsers { connectionCount } }',
        );
        return data?.onlineUsers[0]?.connectionCount === 6;
      });
    }
    expectNoMistakes(service);
  }, 60_000);

  test('restarted empty: subscribers get a snapshot and go on, and none stays behind without knowing', async () => {
    const service = await tService({ processes: 2, appendonly: false });
    const { servers, redis } = service;
    const [a, b] = servers as [ServerProcess, ServerProcess];
    const ids = [await createDispatch(a.client), await createDispatch(a.client)];
    const [changed, quiet] = ids as [string, string];
    const streams = await Promise.all(
      servers.flatMap((server) => ids.map((id) => watch(server, dispatchUpdated, { id }))),
    );
    const boards = await Promise.all(servers.map((server) => watch(server, dispatchesUpdated)));
    for (const stream of streams) await stream.until((events) => events.length === 1);
    await untilLive(boards, a);
    await assign(a.client, changed);
    for (const board of boards) await board.until((events) => events.at(-1)?.dispatch.id === changed);

    await redis.kill();
    await move(b.client, changed, 'EN_CAMINO');
    await redis.restart();
    await move(a.client, changed, 'EN_SITIO');
    await assign(b.client, quiet);
    const latest = (id: string, version: number) => (events: Update[]) =>
      events.findLast(({ dispatch }) => dispatch.id === id)?.dispatch.version === version;
    for (const stream of streams) {
      const { id } = stream.events[0]!.dispatch;
      await stream.until(latest(id, id === changed ? 4 : 2));
    }
    for (const board of boards) {
      await board.until(latest(changed, 4));
      await board.until(latest(quiet, 2));
    }
    // Versions may be repeated or skipped, but never go back.
    for (const { events } of [...streams, ...boards]) {
      for (const id of ids) {
        const seen = versions(events.filter(({ dispatch }) => dispatch.id === id));
        expect(seen).toEqual(seen.toSorted((x, y) => x - y));
      }
    }
    await move(a.client, changed, 'COMPLETADO');
    for (const stream of [...boards, ...streams.filter(({ events }) => events[0]!.dispatch.id === changed)])
      await stream.until(latest(changed, 5));
    expectNoMistakes(service);
  }, 60_000);

  test('each process counts rate limits for itself, and all together again when it is back', async () => {
    const service = await tService({ processes: 2, env: { RATE_LIMIT_SCALE: '0.01' } });
    const { servers, redis } = service;
    const create = async (server: ServerProcess, sub: string) => {
      const { errors } = await server.client.ask(
        'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 2 } }) { id } }',
        {},
        await server.client.token({ sub }),
      );
      return errors?.[0]?.extensions['code'] ?? 'created';
    };
    // 300 a minute, scaled by RATE_LIMIT_SCALE.
    const three = ['created', 'created', 'created'];
    await redis.kill();
    for (const server of servers) {
      const outcomes = [];
      for (let use = 0; use < 4; use += 1) outcomes.push(await create(server, 'ana'));
      expect(outcomes).toEqual([...three, 'RATE_LIMITED']);
    }
    await redis.restart();
    for (const server of servers) await untilReady(server);
    // Connections reconnect separately, and the readiness probe asks only one: a request of another viewer shows when all are back.
    await until('they count together', async () => {
      const sub = `viewer ${Math.random()}`;
      for (const server of [servers[0]!, servers[1]!, servers[0]!]) await create(server, sub);
      return (await create(servers[1]!, sub)) === 'RATE_LIMITED';
    });
    expectNoMistakes(service);
  }, 60_000);

  test('without answering: nothing hangs, and nothing is lost', async () => {
    const service = await tService({ processes: 1 });
    const { servers, redis } = service;
    const [server] = servers as [ServerProcess];
    const id = await createDispatch(server.client);
    const shown = await watch(server, dispatchUpdated, { id });
    await shown.until((events) => events.length === 1);
    await redis.kill('SIGSTOP');
    const answered: string[] = [];
    const asking = expectToBeTold(server, '{ onlineUsers { id } }').then(() => answered.push('a question'));
    await assign(server.client, id);
    answered.push('a change');
    await expectToMissRedis(server, { wasReady: true });
    await move(server.client, id, 'EN_CAMINO');
    await asking;
    // What needs Redis waits for as long as a command may take; a change waits for nothing.
    expect(answered).toEqual(['a change', 'a question']);
    await redis.kill('SIGCONT');
    await shown.until((events) => events.length === 3);
    expect(versions(shown.events)).toEqual([1, 2, 3]);
    expectNoMistakes(service);
  }, 60_000);

  test('for longer than a new subscriber waits: it is asked to come back, and the process still stops in order', async () => {
    const service = await tService({ processes: 1 });
    const { servers, redis } = service;
    const [server] = servers as [ServerProcess];
    const id = await createDispatch(server.client);
    await redis.kill();
    const shown = await watch(server, dispatchUpdated, { id });
    const told: string[] = [];
    const ended = shown.ended().then(() => told.push('who subscribes'));
    await expectToBeTold(server, '{ onlineUsers { id } }');
    told.push('who asks');
    await ended;
    // Who waits for a stream is more patient than who waits for an answer.
    expect(told).toEqual(['who asks', 'who subscribes']);
    // An error would be the end of its stream: its socket is closed, with a code after which stock clients come back.
    expect(shown.failures).toMatchObject([{ code: 1013 }]);
    const waiting = await tAcknowledgedSocket(server.wsUrl, await server.client.token());
    waiting.send({ type: 'subscribe', id: '1', payload: { query: dispatchUpdated, variables: { id } } });
    waiting.send({ type: 'ping' });
    await waiting.message('pong');
    const tookMs = await timed(async () =>
      expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null }),
    );
    console.log(`ended ${tookMs} ms after SIGTERM`);
    expectNoMistakes(service);
  }, 60_000);
});

const versionsOf = (board: Shown<Update>, id: string) =>
  versions(board.events.filter(({ dispatch }) => dispatch.id === id));

const isOver = (id: string) => (events: Update[]) =>
  events.some(({ dispatch }) => dispatch.id === id && dispatch.version === 6);

/** A board has no snapshot: it is live when it shows a dispatch that is created for this. */
async function untilLive(boards: readonly Shown<Update>[], server: ServerProcess): Promise<void> {
  await until('the boards are live', async () => {
    const id = await createDispatch(server.client);
    const isShown = (events: readonly Update[]) => events.some(({ dispatch }) => dispatch.id === id);
    return until('all show it', () => boards.every(({ events }) => isShown(events)), 500).catch(() => false);
  });
}
