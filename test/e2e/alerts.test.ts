/** Proves when an assignment is `UNDELIVERED`: while no client of its crew has acknowledged it, and no gateway may have. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { tApp, type RunningApp } from '../support/app.ts';
import { tEmbeddedAndRedis } from '../support/embedded-and-redis.ts';
import { tAcknowledgedSocket, type BareSocketOptions } from '../support/graphql-client.ts';
import { assign, createDispatch } from '../support/operations.ts';
import { until } from '../support/until.ts';

const setUps = tEmbeddedAndRedis();
/** A gateway answers pings without their payload. */
const likeAGateway: BareSocketOptions = { onPing: (_, socket) => socket.send({ type: 'pong' }) };
const env = { RECEIPT_INTERVAL_MS: '50', ALERT_UNDELIVERED_MS: '2100' };

/** The crew's app, which asks for its assignments. */
async function tCrew(app: RunningApp, ambulanciaId: string, options: BareSocketOptions = {}): Promise<void> {
  const token = await app.token({ sub: `crew of ${ambulanciaId}`, role: 'paramedic', ambulanciaId });
  const socket = await tAcknowledgedSocket(app.wsUrl, token, options);
  const query = 'subscription { assignmentOffered { change } }';
  socket.send({ id: randomUUID(), type: 'subscribe', payload: { query } });
}

interface Shown {
  readonly kind: string;
  readonly clearedAt: string | null;
  readonly despachoId: string;
}

async function alertsOf(app: RunningApp): Promise<Shown[]> {
  const query = '{ alerts { edges { node { kind clearedAt despachoId } } } }';
  const { data } = await app.ask<{ alerts: { edges: { node: Shown }[] } }>(query);
  return data!.alerts.edges.map(({ node }) => node);
}

describe.each(Object.keys(setUps))('with stores: %s', (setUp) => {
  test('one that nobody has is raised, and cleared once a client of the crew has it, or a gateway, behind which nobody knows', async () => {
    const app = await tApp({ ...setUps[setUp]!(), REDIS_PREFIX: `${randomUUID()}:`, ...env });
    const ids = [await createDispatch(app), await createDispatch(app)];
    await assign(app, ids[0]!, 'M-1');
    await assign(app, ids[1]!, 'M-2');
    await until('both are raised', async () => (await alertsOf(app)).length === 2, 60_000);
    expect(await alertsOf(app)).toEqual(
      ids.toReversed().map((despachoId) => ({ kind: 'UNDELIVERED', despachoId, clearedAt: null })),
    );
    await tCrew(app, 'M-1');
    await tCrew(app, 'M-2', likeAGateway);
    const isCleared = ({ clearedAt }: Shown) => clearedAt !== null;
    await until('both are cleared', async () => (await alertsOf(app)).every(isCleared), 60_000);
    const cleared = 'dispatch_alerts_total{kind="UNDELIVERED",change="CLEARED"}';
    await until('they are counted', async () => (await app.metric(cleared)) === 2, 60_000);
  }, 120_000);
});
