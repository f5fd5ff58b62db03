/** Proves that alerts, assignments and vehicles are one graph behind a real gateway, asked, changed and watched. */
import { describe, expect, test } from '@jest/globals';
import { tEventClient } from '../support/event-stream.ts';
import { tGateway, type TestGateway } from '../support/gateway.ts';
import type { Upstream } from '../support/gateway-runtime.ts';
import { subscribe } from '../support/graphql-client.ts';
import { assign, createDispatch, move } from '../support/operations.ts';
import { until } from '../support/until.ts';

const alertFields =
  'id kind clearedAt acknowledgedAt vehicle { placa } dispatch { id assignment { answer delivery ambulancia { id } } }';

interface Alert {
  readonly id: string;
  readonly kind: string;
  readonly clearedAt: string | null;
  readonly acknowledgedAt: string | null;
  readonly vehicle: { readonly placa: string } | null;
  readonly dispatch: { readonly id: string; readonly assignment: Record<string, unknown> };
}

/** Two dispatches in need of being looked at: both ambulances of the fleet, of which one serves each. */
async function tTwoAlerts(gateway: TestGateway): Promise<readonly string[]> {
  const ids = [await createDispatch(gateway), await createDispatch(gateway)];
  for (const [index, id] of ids.entries()) {
    const unit = `A${index + 1}`;
    gateway.vehicles.set(unit, { id: unit, placa: `${index + 1}-KLP`, currentDispatchId: id });
    await assign(gateway, id, unit);
  }
  return ids;
}

const env = { ALERT_OVERDUE_MS: 'ASIGNADO=50' };

async function openAlerts(gateway: TestGateway): Promise<readonly Alert[]> {
  const { data } = await gateway.ask<{ alerts: { edges: readonly { readonly node: Alert }[] } }>(
    `{ alerts(open: true) { edges { node { ${alertFields} } } } }`,
  );
  return data!.alerts.edges.map(({ node }) => node);
}

describe.each<Upstream>(['WebSocket', 'HTTP callback'])('subscriptions upstream over %s', (upstream) => {
  test('an alert is listed, acknowledged and watched with its vehicle and the assignment of its dispatch', async () => {
    const gateway = await tGateway(upstream, env);
    const ids = await tTwoAlerts(gateway);
    const listed = await until('both are raised', async () => {
      const alerts = await openAlerts(gateway);
      return alerts.length === 2 ? alerts : null;
    });
    const alertOf = (index: number) => ({
      ...{ kind: 'OVERDUE', clearedAt: null, vehicle: { placa: `${index + 1}-KLP` } },
      dispatch: {
        id: ids[index],
        assignment: { answer: 'PENDING', delivery: 'NOT_YET', ambulancia: { id: `A${index + 1}` } },
      },
    });
    const byDispatch = listed.toSorted((a, b) => Number(a.dispatch.id) - Number(b.dispatch.id));
    expect(byDispatch).toMatchObject([alertOf(0), alertOf(1)]);

    const shown = subscribe<Alert>(
      tEventClient(gateway.url, await gateway.token()),
      `subscription ($after: Cursor) { alertRaised(after: $after) { cursor ${alertFields} } }`,
    );
    await shown.until((events) => events.length === 2);
    expect(shown.events).toMatchObject(listed.toSorted((a, b) => Number(a.id) - Number(b.id)));

    const { id } = byDispatch[1]!;
    const seen = await gateway.ask(
      'mutation ($id: ID!) { acknowledgeAlert(id: $id) { id acknowledgedBy vehicle { placa } } }',
      { id },
    );
    expect(seen.data).toEqual({
      acknowledgeAlert: { id, acknowledgedBy: 'ana', vehicle: { placa: '2-KLP' } },
    });
    await shown.until((events) => events.length === 3);
    expect(shown.events[2]).toMatchObject({
      id,
      ...alertOf(1),
      acknowledgedAt: expect.any(String) as unknown,
    });

    const accepted = await gateway.ask(
      'mutation ($id: ID!) { answerAssignment(id: $id, accept: true) { vehicle { placa } assignment { answer } } }',
      { id: ids[0] },
    );
    expect(accepted.data).toEqual({
      answerAssignment: { vehicle: { placa: '1-KLP' }, assignment: { answer: 'ACCEPTED' } },
    });
    await move(gateway, ids[0]!, 'EN_CAMINO');
    await shown.until((events) => events.length === 4);
    expect(shown.events[3]).toMatchObject({
      ...{ id: byDispatch[0]!.id, clearedAt: expect.any(String) as unknown, vehicle: { placa: '1-KLP' } },
      dispatch: { id: ids[0], assignment: { answer: 'ACCEPTED' } },
    });
    expect(shown.failures).toEqual([]);
  });

  test('a crew is shown its assignment with its vehicle, and whether it was delivered is not known then', async () => {
    const gateway = await tGateway(upstream, {
      ...{ RECEIPT_INTERVAL_MS: '50', GATEWAY_NETWORKS: '127.0.0.0/8' },
    });
    const [id] = await tTwoAlerts(gateway);
    const token = await gateway.token({ sub: 'crew of A1', role: 'paramedic', ambulanciaId: 'A1' });
    const offered = `subscription ($after: Cursor) { assignmentOffered(after: $after) {
      cursor change assignment { id answer } dispatch { id vehicle { placa } } } }`;
    const shown = subscribe<{ readonly cursor: string }>(tEventClient(gateway.url, token), offered);
    await shown.until((events) => events.length === 1);
    expect(shown.events).toMatchObject([
      {
        change: 'SNAPSHOT',
        assignment: { answer: 'PENDING' },
        dispatch: { id, vehicle: { placa: '1-KLP' } },
      },
    ]);
    const deliveryOf = async () => {
      const query = 'query ($id: ID!) { dispatch(id: $id) { assignment { delivery } vehicle { placa } } }';
      const { data } = await gateway.ask<{ dispatch: { assignment: { delivery: string } } }>(query, { id });
      return data!.dispatch.assignment.delivery;
    };
    await until('a gateway has it', async () => (await deliveryOf()) !== 'NOT_YET');
    expect(await deliveryOf()).toBe('UNKNOWN');
    const [{ cursor: after }] = shown.events as [{ readonly cursor: string }];
    shown.unsubscribe();
    const back = subscribe(tEventClient(gateway.url, token), offered, { after });
    await until('a client came back with its cursor', async () => (await deliveryOf()) === 'DELIVERED');
    back.unsubscribe();
  });
});
