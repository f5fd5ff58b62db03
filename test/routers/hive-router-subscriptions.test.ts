/** Proves that subscriptions through a real Hive Router begin with the state and miss nothing, by each of its ways to this service. */
import { describe, expect, test } from '@jest/globals';
import { subscribe } from '../support/graphql-client.ts';
import { assign, move } from '../support/operations.ts';
import { tPlainProxy } from '../support/plain-proxy.ts';
import type { RealRouter } from '../support/routers/behind-router.ts';
import { tHiveRouter, ways } from '../support/routers/hive-router.ts';
import {
  assignOften,
  joinedUpdated,
  joinedUpdates,
  plates,
  tFleetAndDispatch,
  type JoinedUpdate,
} from '../support/routers/joins.ts';
import { hiveRouter } from '../support/routers/programs.ts';
import { protocols, tRouterClient, type Protocol } from '../support/routers/router-clients.ts';
import { describeThrough } from '../support/routers/tests.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

async function watch(
  router: RealRouter,
  protocol: Protocol,
  query: string,
  variables: Record<string, unknown> = {},
  token?: string,
) {
  const client = tRouterClient(router, protocol, token ?? (await router.token()));
  return subscribe<JoinedUpdate>(client, query, variables);
}

/** Those that hold a connection, by which the router can be slow. */
const streaming = ways.filter((way) => way !== 'HTTP callback');

const subscriptions = ({ service }: RealRouter) => service.client.metric('dispatch_subscriptions');
const shownOf = ({ dispatch }: JoinedUpdate) => [dispatch.version, dispatch.vehicle?.placa];

describeThrough(hiveRouter, () => {
  test('subscriptions to the service by parts, where event streams do not pass', async () => {
    const front = ({ url }: ServerProcess) => tPlainProxy(url, { hasEventStreams: false });
    const router = await tHiveRouter('event stream', {}, { front });
    const id = await tFleetAndDispatch(router);
    const shown = await watch(router, 'WebSocket', joinedUpdated, { id });
    await shown.until((events) => events.length === 1);
    expect(await router.service.client.metric('dispatch_multipart_streams')).toBe(1);
    await assign(router.service.client, id, 'A1');
    await move(router.service.client, id, 'EN_CAMINO');
    await shown.until((events) => events.length === 3);
    expect(shown.events.map(shownOf)).toEqual([
      [1, undefined],
      [2, plates[0]],
      [3, plates[0]],
    ]);
    expect(shown.failures).toEqual([]);
    shown.unsubscribe();
    await until('it is left', async () => (await subscriptions(router)) === 0, 30_000);
  });

  describe.each(ways)('subscriptions to the service by %s', (way) => {
    test('begin with a snapshot and go on in order, with fields of the fleet, for clients of all protocols', async () => {
      const router = await tHiveRouter(way);
      const id = await tFleetAndDispatch(router);
      const all = await Promise.all(
        protocols.map((protocol) => watch(router, protocol, joinedUpdated, { id })),
      );
      // By multipart the router begins a part when it has one, and ends it with the next one or a heartbeat, after ten seconds.
      for (const shown of all) await shown.until((events) => events.length === 1);
      await assign(router.service.client, id, 'A1');
      await assign(router.service.client, id, 'A2');
      await assign(router.service.client, id, 'A1');
      for (const [at, shown] of all.entries()) {
        await shown.until((events) => events.length === 4);
        expect([protocols[at], shown.failures]).toEqual([protocols[at], []]);
        expect(shown.events.map(({ changeType }) => changeType)[0]).toBe('SNAPSHOT');
        expect(shown.events.map(shownOf)).toEqual([
          [1, undefined],
          [2, plates[0]],
          [3, plates[1]],
          [4, plates[0]],
        ]);
      }
      for (const shown of all) shown.unsubscribe();
      // That one has left shows at a heartbeat, too.
      await until('all are left', async () => (await subscriptions(router)) === 0, 30_000);
    });

    test('resume after a cursor', async () => {
      const router = await tHiveRouter(way);
      const id = await tFleetAndDispatch(router);
      const first = await watch(router, 'WebSocket', joinedUpdated, { id });
      await first.until((events) => events.length === 1);
      first.unsubscribe();
      await assign(router.service.client, id, 'A1');
      await move(router.service.client, id, 'EN_CAMINO');
      const after = first.events[0]!.cursor;
      const second = await watch(router, 'Server-Sent Events', joinedUpdated, { id, after });
      await second.until((events) => events.length === 2);
      expect(second.events.map(({ dispatch }) => dispatch.version)).toEqual([2, 3]);
    });

    test('are each viewer’s own', async () => {
      const router = await tHiveRouter(way);
      const id = await tFleetAndDispatch(router);
      const followed = joinedUpdates.replaceAll('dispatchesUpdated', 'followedDispatchUpdated');
      const ana = await watch(router, 'WebSocket', followed);
      const eva = await watch(router, 'WebSocket', followed, {}, await router.token({ sub: 'eva' }));
      await until('both are live', async () => (await subscriptions(router)) === 2);
      await router.ask('mutation ($id: ID!) { subscribeToDispatch(id: $id) { id } }', { id });
      await assign(router.service.client, id, 'A1');
      await ana.until((events) => events.at(-1)?.dispatch.version === 2);
      expect(eva.events).toEqual([]);
    });
  });

  test.each(streaming)(
    '1,000 events in a burst come by %s: none lost, in order',
    async (way) => {
      const router = await tHiveRouter(way);
      const id = await tFleetAndDispatch(router);
      const shown = await watch(router, 'Server-Sent Events', joinedUpdates);
      await until('it is live', async () => (await subscriptions(router)) === 1);
      await assignOften(router, id, 1_000);
      await shown.until((events) => events.length >= 1_000);
      expect(shown.events.map(shownOf)).toEqual(
        Array.from({ length: 1_000 }, (_, change) => [change + 2, plates[change % 2]]),
      );
      expect(shown.failures).toEqual([]);
    },
    120_000,
  );

  test('by HTTP callback none comes twice or out of order, none is lost that comes by itself, and a gap shows in version', async () => {
    const router = await tHiveRouter('HTTP callback');
    const id = await tFleetAndDispatch(router);
    const shown = await watch(router, 'Server-Sent Events', joinedUpdates);
    await until('it is live', async () => (await subscriptions(router)) === 1);
    for (let count = 1; count <= 50; count += 1) {
      await assign(router.service.client, id, count % 2 ? 'A1' : 'A2');
      await shown.until((events) => events.length === count);
    }
    // Of a burst the router drops what comes while 16 wait.
    await assignOften(router, id, 500);
    await assign(router.service.client, id, 'A1');
    await shown.until((events) => events.length > 50);
    const versions = shown.events.map(({ dispatch }) => dispatch.version);
    expect(versions.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, change) => change + 2));
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
    expect(shown.failures).toEqual([]);
  }, 120_000);
});
