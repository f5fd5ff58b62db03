/** Proves that alerts, their dispatches with assignments, and their vehicles are one graph behind real routers, asked and watched. */
import { describe, expect, test } from '@jest/globals';
import { subscribe } from '../support/graphql-client.ts';
import { assign } from '../support/operations.ts';
import { tApolloRouter } from '../support/routers/apollo-router.ts';
import type { RealRouter } from '../support/routers/behind-router.ts';
import { tHiveRouter } from '../support/routers/hive-router.ts';
import { plates, tFleetAndDispatch } from '../support/routers/joins.ts';
import { apolloRouter, hiveRouter } from '../support/routers/programs.ts';
import { tRouterClient } from '../support/routers/router-clients.ts';
import { describeThrough } from '../support/routers/tests.ts';
import { until } from '../support/until.ts';

const fields = 'kind vehicle { placa } dispatch { id assignment { answer delivery } }';
const raised = `subscription { alertRaised { ${fields} } }`;
const listed = `{ alerts(open: true) { edges { node { ${fields} } } } }`;
const env = { ALERT_OVERDUE_MS: 'ASIGNADO=50' };

/** Apollo Router needs a licence for subscriptions. */
const routers = [
  { program: apolloRouter, watches: false, start: (): Promise<RealRouter> => tApolloRouter(env) },
  { program: hiveRouter, watches: true, start: (): Promise<RealRouter> => tHiveRouter('event stream', env) },
];

describe.each(routers)('$program.crate', ({ program, watches, start }) => {
  describeThrough(program, () => {
    test('joins an alert with its dispatch and its vehicle', async () => {
      const router = await start();
      const id = await tFleetAndDispatch(router);
      await assign(router.service.client, id, 'A1');
      const alert = {
        ...{ kind: 'OVERDUE', vehicle: { placa: plates[0] } },
        dispatch: { id, assignment: { answer: 'PENDING', delivery: 'NOT_YET' } },
      };
      const list = await until('it is raised', async () => {
        const { data } = await router.ask<{ alerts: { edges: unknown[] } }>(listed);
        return data!.alerts.edges.length > 0 && data!.alerts;
      });
      expect(list).toEqual({ edges: [{ node: alert }] });
      if (!watches) return;
      const shown = subscribe<unknown>(
        tRouterClient(router, 'Server-Sent Events', await router.token()),
        raised,
      );
      await shown.until((events) => events.length === 1);
      expect(shown.events).toEqual([alert]);
      shown.unsubscribe();
    }, 120_000);
  });
});
