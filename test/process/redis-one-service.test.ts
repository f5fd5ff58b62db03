/** Proves that processes with one Redis and one PostgreSQL are one service, whichever of them a client is connected to. */
import { describe, expect, test } from '@jest/globals';
import { subscribe, tClient } from '../support/graphql-client.ts';
import {
  assign,
  createDispatch,
  dispatchesUpdated,
  dispatchUpdated,
  followedDispatchUpdated,
  locationUpdated,
  move,
  report,
  runThrough,
  type Update,
} from '../support/operations.ts';
import { complaintsOf, tServices } from '../support/service.ts';
import type { ServerProcess } from '../support/server-process.ts';

const tService = tServices();

const seen = (events: readonly Update[]) =>
  events.map(({ changeType, dispatch }) => `${changeType} ${dispatch.estado} ${dispatch.version}`);

const wholeLife = [
  'ASSIGNED ASIGNADO 2',
  'STATUS_CHANGED EN_CAMINO 3',
  'STATUS_CHANGED EN_SITIO 4',
  'STATUS_CHANGED TRASLADANDO 5',
  'STATUS_CHANGED COMPLETADO 6',
];

async function watch(server: ServerProcess, document: string, variables: Record<string, unknown> = {}) {
  return subscribe<Update>(tClient(server.wsUrl, await server.client.token()), document, variables);
}

describe('three processes', () => {
  test('show an event to the subscribers of each, and resume after a cursor of another process', async () => {
    const { servers } = await tService();
    const [a, b, c] = servers as [ServerProcess, ServerProcess, ServerProcess];

    const { data } = await a.client.ask<{ dispatchesCursor: string }>('{ dispatchesCursor }');
    const id = await createDispatch(a.client);
    const onB = await watch(b, dispatchUpdated, { id });
    const boardOnC = await watch(c, dispatchesUpdated, { after: data!.dispatchesCursor });
    await onB.until((events) => events.length === 1);
    await runThrough(a.client, id);
    const isOver = (events: Update[]) => events.at(-1)?.dispatch.version === 6;
    await Promise.all([onB.until(isOver), boardOnC.until(isOver)]);
    expect(seen(onB.events)).toEqual(['SNAPSHOT PENDIENTE 1', ...wholeLife]);
    expect(seen(boardOnC.events)).toEqual(['CREATED PENDIENTE 1', ...wholeLife]);

    // Resume on the two other processes, from the middle of what B was shown.
    const after = onB.events[2]!.cursor;
    const elsewhere = await Promise.all(
      [a, c].map((server) => watch(server, dispatchUpdated, { id, after })),
    );
    for (const shown of elsewhere) {
      await shown.until(isOver);
      expect(seen(shown.events)).toEqual(wholeLife.slice(2));
    }

    // A position that is reported to A is shown on B.
    const underWay = await createDispatch(c.client);
    const positions = subscribe<{ location: { latitud: number } }>(
      tClient(b.wsUrl, await b.client.token()),
      locationUpdated,
      { id: underWay },
    );
    await report(a.client, underWay, -16.5);
    await positions.until((events) => events.at(-1)?.location?.latitud === -16.5);
    for (const server of servers) expect(complaintsOf(server)).toEqual([]);
  });

  test('share the lists of followed dispatches', async () => {
    const { servers } = await tService();
    const [a, b, c] = servers as [ServerProcess, ServerProcess, ServerProcess];
    const id = await createDispatch(a.client);
    const other = await createDispatch(b.client);
    const followed = await watch(b, followedDispatchUpdated);
    const follow = 'mutation ($id: ID!) { subscribeToDispatch(id: $id) { id } }';
    const unfollow = 'mutation ($id: ID!) { unsubscribeFromDispatch(id: $id) { id } }';
    await must(a, follow, id);
    await followed.until((events) => events.some(({ dispatch }) => dispatch.id === id));
    await assign(c.client, other);
    await assign(c.client, id);
    await followed.until((events) => events.some(({ dispatch }) => dispatch.version === 2));
    await must(c, unfollow, id);
    await move(a.client, id, 'EN_CAMINO');
    await must(a, follow, other);
    await followed.until((events) => events.some(({ dispatch }) => dispatch.id === other));
    expect(followed.events.map(({ dispatch }) => `${dispatch.id} ${dispatch.version}`)).toEqual([
      `${id} 1`,
      `${id} 2`,
      `${other} 2`,
    ]);
  });

  test('share the rate limit of a viewer', async () => {
    const { servers } = await tService({ env: { RATE_LIMIT_SCALE: '0.02' } });
    const create = async (server: ServerProcess) => {
      const { errors } = await server.client.ask(
        'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 2 } }) { id } }',
      );
      return errors?.[0]?.extensions ?? 'created';
    };
    // 300 a minute, scaled to six for all processes together.
    const turns = [0, 1, 2, 0, 1, 2];
    for (const turn of turns) expect(await create(servers[turn]!)).toBe('created');
    for (const server of servers)
      expect(await create(server)).toEqual({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) });
  });
});

async function must(server: ServerProcess, query: string, id: string): Promise<void> {
  const { errors } = await server.client.ask(query, { id });
  if (errors) throw new Error(JSON.stringify(errors));
}
