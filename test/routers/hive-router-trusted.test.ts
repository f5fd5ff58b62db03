/** Proves that a real Hive Router runs what it plans where this service trusts manifests alone, if it shows the secret, and else nothing. */
import { describe, expect, test } from '@jest/globals';
import { compose } from '../../src/cli/supergraph/compose.ts';
import { readSupergraph } from '../../src/cli/supergraph/config.ts';
import { asApollo, tFileOf } from '../support/documents.ts';
import { subscribe } from '../support/graphql-client.ts';
import { project, type RealRouter } from '../support/routers/behind-router.ts';
import { tHiveRouter, ways, type Way } from '../support/routers/hive-router.ts';
import { joinedUpdated, type JoinedUpdate } from '../support/routers/joins.ts';
import { hiveRouter } from '../support/routers/programs.ts';
import { tRouterClient } from '../support/routers/router-clients.ts';
import { describeThrough } from '../support/routers/tests.ts';

const secret = 'kD93vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz';
/** The only operations of the only frontend. What the router makes of what its own clients send is none of them. */
const create = 'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 2 } }) { id } }';

const tTrusted = (way: Way, gatewaySecret?: string) =>
  tHiveRouter(
    way,
    {
      OPERATIONS: 'trusted',
      OPERATIONS_MANIFEST: tFileOf(asApollo([create])),
      GATEWAY_SECRET: secret,
      SDL_READERS: 'viewers',
    },
    { gatewaySecret },
  );

/** What the router answers, as text: where an error stands in it is the router's matter. */
const answers = async (router: RealRouter, query: string, variables: object = {}): Promise<string> =>
  JSON.stringify(await router.ask(query, { ...variables }));

async function aDispatch({ service }: RealRouter): Promise<string> {
  const { data } = await service.client.ask<{ createDispatch: { id: string } }>(create);
  return data!.createDispatch.id;
}

const joined = '{ vehicles { id currentDispatch { estado prioridad } } }';
const cancel =
  'mutation ($id: ID!) { updateDispatchStatus(id: $id, estado: CANCELADO) { estado vehicle { id } } }';

describeThrough(hiveRouter, () => {
  test('with the secret its queries, its references and its mutations are run', async () => {
    const router = await tTrusted('event stream', secret);
    const id = await aDispatch(router);
    router.vehicles.set('A1', { id: 'A1', placa: '2045-KLP', currentDispatchId: id });
    expect(await answers(router, '{ despachos { id vehicle { placa } } }')).toContain(
      `"despachos":[{"id":"${id}","vehicle":null}]`,
    );
    expect(await answers(router, joined)).toContain('{"estado":"PENDIENTE","prioridad":"MEDIA"}');
    expect(await answers(router, cancel, { id })).toContain('"estado":"CANCELADO"');
    expect(await router.service.client.metric('dispatch_untrusted_operations_total')).toBe(0);
  });

  test.each([
    ['without it', undefined],
    ['with another one', `${secret}x`],
  ])('%s they are refused, and change nothing', async (_what, shown) => {
    const router = await tTrusted('event stream', shown);
    const id = await aDispatch(router);
    router.vehicles.set('A1', { id: 'A1', placa: '2045-KLP', currentDispatchId: id });
    for (const query of ['{ despachos { id } }', joined, cancel])
      expect(await answers(router, query, query === cancel ? { id } : {})).toContain('QUERY_NOT_IN_SAFELIST');
    expect(await router.service.client.metric('dispatch_untrusted_operations_total')).toBe(3);
    const other = await router.service.client.ask(cancel, { id });
    expect(JSON.stringify(other)).toContain('QUERY_NOT_IN_SAFELIST');
  });

  describe.each(ways)('subscriptions by %s', (way) => {
    test('begin with the secret, and end with an error without it', async () => {
      const proven = await tTrusted(way, secret);
      const watch = async (router: RealRouter) =>
        subscribe<JoinedUpdate>(tRouterClient(router, 'WebSocket', await router.token()), joinedUpdated, {
          id: await aDispatch(router),
        });
      const shown = await watch(proven);
      await shown.until((events) => events.length === 1);
      expect(shown.events[0]).toMatchObject({ changeType: 'SNAPSHOT', dispatch: { version: 1 } });
      expect(shown.failures).toEqual([]);
      const unproven = await tTrusted(way);
      const refused = await watch(unproven);
      await refused.ended();
      expect(refused.events).toEqual([]);
      expect(JSON.stringify(refused.failures)).toContain('QUERY_NOT_IN_SAFELIST');
    });
  });

  test('what composition reads of the running service, without the secret, composes to what the router runs', async () => {
    const router = await tTrusted('event stream', secret);
    const read = await router.service.client.ask<{ _service: { sdl: string } }>('{ _service { sdl } }');
    const subgraphs = readSupergraph(project, 'supergraph.yaml');
    const fromService = compose(
      subgraphs.map((one) => (one.name === 'websocket' ? { ...one, sdl: read.data!._service.sdl } : one)),
    );
    expect(fromService.errors).toEqual([]);
    expect(fromService.supergraphSdl).toBe(compose(subgraphs).supergraphSdl);
    const beside = await router.service.client.ask('{ _service { sdl } despachos { id } }');
    expect(JSON.stringify(beside)).toContain('QUERY_NOT_IN_SAFELIST');
  });
});
