/** Proves that no stream through a real Hive Router ends silently: its client is told, comes back with its cursor, and misses nothing. */
import { describe, expect, test } from '@jest/globals';
import { subscribe } from '../support/graphql-client.ts';
import { assign, createDispatch, dispatchUpdated, move, type Update } from '../support/operations.ts';
import { tHiveRouter, ways } from '../support/routers/hive-router.ts';
import { hiveRouter } from '../support/routers/programs.ts';
import { protocols, tRouterClient } from '../support/routers/router-clients.ts';
import { describeThrough } from '../support/routers/tests.ts';

/** A service that ends in order, and one that dies. */
const signals = ['SIGTERM', 'SIGKILL'] as const;
/** A router and a service start in it, and an event by multipart may wait for a heartbeat of ten seconds, three times; each wait has its own end. */
const testMs = 300_000;

describeThrough(hiveRouter, () => {
  describe.each(ways)('with subscriptions to the service by %s', (way) => {
    test.each(signals)(
      'clients of all protocols are told of a service that gets %s, and resume',
      async (signal) => {
        const router = await tHiveRouter(way);
        const { service } = router;
        const id = await createDispatch(service.client);
        const token = await router.token();
        const watch = (variables: Record<string, unknown>) =>
          protocols.map((protocol) =>
            subscribe<Update>(tRouterClient(router, protocol, token), dispatchUpdated, { ...variables }),
          );
        const before = watch({ id });
        for (const shown of before) await shown.until((events) => events.length === 1);
        await assign(service.client, id);
        for (const shown of before) await shown.until((events) => events.length === 2);
        await service.kill(signal);
        for (const [at, shown] of before.entries()) {
          await shown.ended();
          expect([protocols[at], shown.events.length]).toEqual([protocols[at], 2]);
          expect([protocols[at], shown.failures.length > 0]).toEqual([protocols[at], true]);
        }
        await service.start();
        await move(service.client, id, 'EN_CAMINO');
        const after = watch({ id, after: before[0]!.events[1]!.cursor });
        for (const shown of after) {
          await shown.until((events) => events.length === 1);
          expect(shown.events.map(({ dispatch }) => dispatch.version)).toEqual([3]);
          shown.unsubscribe();
        }
      },
      testMs,
    );
  });
});
