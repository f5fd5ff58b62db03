/** Proves what an event with a join costs behind a real Hive Router: the other subgraph is asked once for each client, and this service never. */
import { expect, test } from '@jest/globals';
import type { Vehicle } from '../../examples/fleet/resolvers.ts';
import { subscribe } from '../support/graphql-client.ts';
import { assign } from '../support/operations.ts';
import type { RealRouter } from '../support/routers/behind-router.ts';
import { tHiveRouter } from '../support/routers/hive-router.ts';
import { joinedUpdates, plates, tFleetAndDispatch, type JoinedUpdate } from '../support/routers/joins.ts';
import { hiveRouter } from '../support/routers/programs.ts';
import { tRouterClient } from '../support/routers/router-clients.ts';
import { describeThrough } from '../support/routers/tests.ts';
import { until } from '../support/until.ts';

const clients = 10;
const events = 10;

/** Counts what the fleet looks up. */
function countLookUps(vehicles: Map<string, Vehicle>): () => number {
  const get = vehicles.get.bind(vehicles);
  let count = 0;
  vehicles.get = (id) => {
    count += 1;
    return get(id);
  };
  return () => count;
}

/** So many clients on the board, each with a token of their own or all with one. */
async function watchBoard(router: RealRouter, isOneViewer: boolean) {
  const all = [];
  for (let at = 0; at < clients; at += 1) {
    const token = await router.token({ sub: isOneViewer ? 'ana' : `ana-${at}` });
    all.push(subscribe<JoinedUpdate>(tRouterClient(router, 'WebSocket', token), joinedUpdates));
  }
  const subscriptions = () => router.service.client.metric('dispatch_subscriptions');
  await until('all watch', async () => (await subscriptions()) === clients, 60_000);
  return all;
}

describeThrough(hiveRouter, () => {
  test.each([true, false])(
    'clients of one viewer (%s): an event costs one look-up in the fleet per client at the most, and none here',
    async (isOneViewer) => {
      const router = await tHiveRouter('event stream');
      const id = await tFleetAndDispatch(router);
      const all = await watchBoard(router, isOneViewer);
      const lookUps = countLookUps(router.vehicles);
      const requests = () => router.service.client.metric('dispatch_http_request_seconds_count');
      const before = await requests();
      for (let count = 1; count <= events; count += 1) {
        await assign(router.service.client, id, count % 2 ? 'A1' : 'A2');
        for (const shown of all) await shown.until((seen) => seen.length === count);
      }
      for (const shown of all)
        expect(shown.events.map(({ dispatch }) => dispatch.vehicle?.placa)).toEqual(
          Array.from({ length: events }, (_, at) => plates[at % 2]),
        );
      expect(lookUps()).toBeGreaterThanOrEqual(events);
      expect(lookUps()).toBeLessThanOrEqual(events * clients);
      // The mutations of this test, and nothing else.
      await until('they are counted', async () => (await requests()) - before >= events);
      expect((await requests()) - before).toBe(events);
    },
    120_000,
  );
});
