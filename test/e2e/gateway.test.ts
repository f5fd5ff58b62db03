/** Proves that this service and another subgraph are one graph behind a real gateway. */
import { describe, expect, test } from '@jest/globals';
import { tEventClient } from '../support/event-stream.ts';
import { tGateway, type TestGateway } from '../support/gateway.ts';
import type { Upstream } from '../support/gateway-runtime.ts';
import { subscribe } from '../support/graphql-client.ts';
import { assign, createDispatch, createDispatches, move, type Update } from '../support/operations.ts';
import { until } from '../support/until.ts';

interface EnrichedUpdate extends Update {
  readonly dispatch: Update['dispatch'] & { readonly vehicle: { readonly placa: string } | null };
}

const enriched = 'cursor changeType dispatch { id version estado vehicle { placa } }';
/** Assigns A1 and A2 in turn, in one request. */
async function assignOften({ app }: TestGateway, id: string, first: number, count: number): Promise<void> {
  const fields = Array.from({ length: count }, (_, index) => {
    const ambulance = (first + index) % 2 ? 'A2' : 'A1';
    return `a${index}: assignDispatch(id: ${id}, ambulanciaId: "${ambulance}") { version }`;
  });
  expect(await app.ask(`mutation { ${fields.join(' ')} }`)).toMatchObject({ status: 200 });
}

const enrichedUpdated = `subscription ($id: ID!, $after: Cursor) { dispatchUpdated(id: $id, after: $after) { ${enriched} } }`;

/** A dispatch, and a fleet of two vehicles. */
async function tFleetAndDispatch(gateway: TestGateway): Promise<string> {
  const id = await createDispatch(gateway);
  gateway.vehicles.set('A1', { id: 'A1', placa: '2045-KLP', currentDispatchId: id });
  gateway.vehicles.set('A2', { id: 'A2', placa: '3310-BTR', currentDispatchId: null });
  return id;
}

async function watch(gateway: TestGateway, query: string, variables = {}) {
  return subscribe<EnrichedUpdate>(tEventClient(gateway.url, await gateway.token()), query, variables);
}

describe('one operation', () => {
  test('joins both ways, through mutations too', async () => {
    const gateway = await tGateway('WebSocket');
    const id = await tFleetAndDispatch(gateway);
    const assigned = await gateway.ask(
      `mutation ($id: ID!) { assignDispatch(id: $id, ambulanciaId: "A1") { estado vehicle { placa currentDispatch { id prioridad } } } }`,
      { id },
    );
    expect(assigned.data).toEqual({
      assignDispatch: {
        estado: 'ASIGNADO',
        vehicle: { placa: '2045-KLP', currentDispatch: { id, prioridad: 'MEDIA' } },
      },
    });
    const board = await gateway.ask(
      '{ vehicles { id currentDispatch { estado vehicle { id } } } despachos { id vehicle { placa } } }',
    );
    expect(board.data).toEqual({
      vehicles: [
        { id: 'A1', currentDispatch: { estado: 'ASIGNADO', vehicle: { id: 'A1' } } },
        { id: 'A2', currentDispatch: null },
      ],
      despachos: [{ id, vehicle: { placa: '2045-KLP' } }],
    });
  });

  test('joins 3,000 vehicles with as many different dispatches', async () => {
    const gateway = await tGateway('WebSocket');
    const ids = await createDispatches(gateway.app, 3_000);
    for (const id of ids) gateway.vehicles.set(`A${id}`, { id: `A${id}`, placa: id, currentDispatchId: id });
    const { data } = await gateway.ask('{ vehicles { currentDispatch { id version } } }');
    expect(data).toEqual({ vehicles: ids.map((id) => ({ currentDispatch: { id, version: 1 } })) });
  });

  test('joins a vehicle with a dispatch that nobody knows: null, and no error', async () => {
    const gateway = await tGateway('WebSocket');
    const id = await tFleetAndDispatch(gateway);
    gateway.vehicles.set('A3', { id: 'A3', placa: '1', currentDispatchId: '999' });
    gateway.vehicles.set('A4', { id: 'A4', placa: '2', currentDispatchId: 'no number' });
    expect(await gateway.ask('{ vehicles { currentDispatch { id estado } } }')).toEqual({
      status: 200,
      data: {
        vehicles: [
          { currentDispatch: { id, estado: 'PENDIENTE' } },
          { currentDispatch: null },
          { currentDispatch: null },
          { currentDispatch: null },
        ],
      },
    });
    // Its id is the fleet's to say, and what may be null is null.
    const { data, errors } = await gateway.ask(
      '{ vehicle(id: "A3") { currentDispatch { id observaciones } } }',
    );
    expect(data).toEqual({ vehicle: { currentDispatch: { id: '999', observaciones: null } } });
    expect(errors).toBeUndefined();
  });

  test('is refused with the code of the subgraph, on every way to a dispatch', async () => {
    const gateway = await tGateway('WebSocket');
    await tFleetAndDispatch(gateway);
    const nobody = await gateway.token({ sub: 'nobody', permissions: [] });
    const codes = async (query: string, token: string) =>
      (await gateway.ask(query, {}, token)).errors?.map(({ extensions }) => extensions['code']);
    expect(await codes('{ despachos { id } }', nobody)).toEqual(['FORBIDDEN']);
    expect(await codes('{ vehicles { currentDispatch { estado } } }', nobody)).toContain('FORBIDDEN');
    expect(await codes('{ despachos { id } }', 'not.a.token')).toEqual(['UNAUTHENTICATED']);
  });

  test('that the service refuses has its reason', async () => {
    const gateway = await tGateway('WebSocket');
    const id = await tFleetAndDispatch(gateway);
    const { errors } = await gateway.ask(
      'mutation ($id: ID!) { updateDispatchStatus(id: $id, estado: COMPLETADO) { id } }',
      { id },
    );
    expect(errors).toMatchObject([
      { extensions: { code: 'INVALID_TRANSITION', allowed: ['ASIGNADO', 'CANCELADO'] } },
    ]);
  });
});

describe.each<Upstream>(['WebSocket', 'HTTP callback'])('subscriptions upstream over %s', (upstream) => {
  test('begin with a snapshot, and each event has fields of the fleet', async () => {
    const gateway = await tGateway(upstream);
    const id = await tFleetAndDispatch(gateway);
    const shown = await watch(gateway, enrichedUpdated, { id });
    await shown.until((events) => events.length === 1);
    await assign(gateway, id, 'A1');
    await assign(gateway, id, 'A2');
    await move(gateway, id, 'EN_CAMINO');
    await shown.until((events) => events.length === 4);
    expect(shown.events.map(({ dispatch }) => [dispatch.version, dispatch.vehicle?.placa])).toEqual([
      [1, undefined],
      [2, '2045-KLP'],
      [3, '3310-BTR'],
      [4, '3310-BTR'],
    ]);
  });

  test('deliver 1,000 events with fields of the fleet, none lost, in order', async () => {
    const gateway = await tGateway(upstream, { MAX_ALIASES: '100' });
    const id = await tFleetAndDispatch(gateway);
    const shown = await watch(
      gateway,
      `subscription ($after: Cursor) { dispatchesUpdated(after: $after) { ${enriched} } }`,
    );
    await until('it is live', async () => (await gateway.app.metric('dispatch_subscriptions')) === 1);
    for (let first = 0; first < 1_000; first += 50) await assignOften(gateway, id, first, 50);
    await shown.until((events) => events.length >= 1_000);
    expect(shown.events.map(({ dispatch }) => [dispatch.version, dispatch.vehicle?.placa])).toEqual(
      Array.from({ length: 1_000 }, (_, change) => [change + 2, change % 2 ? '3310-BTR' : '2045-KLP']),
    );
    expect(shown.failures).toEqual([]);
  }, 120_000);

  test('resume after a cursor', async () => {
    const gateway = await tGateway(upstream);
    const id = await tFleetAndDispatch(gateway);
    const first = await watch(gateway, enrichedUpdated, { id });
    await first.until((events) => events.length === 1);
    first.unsubscribe();
    await assign(gateway, id, 'A1');
    await move(gateway, id, 'EN_CAMINO');
    const second = await watch(gateway, enrichedUpdated, { id, after: first.events[0]!.cursor });
    await second.until((events) => events.length === 2);
    expect(second.events.map(({ dispatch }) => dispatch.version)).toEqual([2, 3]);
  });

  test('pass on the token of each client, and are refused with FORBIDDEN without its permission', async () => {
    const gateway = await tGateway(upstream);
    const id = await tFleetAndDispatch(gateway);
    const nobody = await gateway.token({ sub: 'nobody', permissions: [] });
    const refused = subscribe(tEventClient(gateway.url, nobody), enrichedUpdated, { id });
    await refused.ended();
    expect(refused.events).toEqual([]);
    expect(refused.failures).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);

    const followed = `subscription { followedDispatchUpdated { ${enriched} } }`;
    const ana = await watch(gateway, followed);
    const eva = subscribe<EnrichedUpdate>(
      tEventClient(gateway.url, await gateway.token({ sub: 'eva' })),
      followed,
    );
    await until('both are live', async () => (await gateway.app.metric('dispatch_subscriptions')) === 2);
    await gateway.ask('mutation ($id: ID!) { subscribeToDispatch(id: $id) { id } }', { id });
    await assign(gateway, id, 'A1');
    await ana.until((events) => events.at(-1)?.dispatch.version === 2);
    expect(eva.events).toEqual([]);
  });

  test('are ended in the service when the client leaves', async () => {
    const gateway = await tGateway(upstream);
    const id = await tFleetAndDispatch(gateway);
    const shown = await watch(gateway, enrichedUpdated, { id });
    await shown.until((events) => events.length === 1);
    shown.unsubscribe();
    await until('it is left', async () => (await gateway.app.metric('dispatch_subscriptions')) === 0);
  });
});
