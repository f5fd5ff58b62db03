/** A gateway of any kind before one process of this service. */
import { tIdleGateway } from '../../gateway.ts';
import type { Upstream } from '../../gateway-runtime.ts';
import type { Subscribing } from '../../graphql-client.ts';
import { createDispatch } from '../../operations.ts';
import type { ServerProcess } from '../../server-process.ts';
import { tBehindRouter } from '../behind-router.ts';
import { tHiveRouter, type Way } from '../hive-router.ts';
import { tApolloByCallback, tApolloByWebSocket } from './apollo.ts';
import type { Prepared } from './events.ts';
import { tPausableClient } from './pausable-client.ts';

export type Gateway =
  | { readonly name: 'Hive Router'; readonly way: Way }
  | { readonly name: 'Hive Gateway'; readonly way: Upstream }
  | { readonly name: 'Apollo Router'; readonly way: Upstream };

export const gateways: readonly Gateway[] = [
  { name: 'Hive Router', way: 'event stream' },
  { name: 'Hive Router', way: 'WebSocket' },
  { name: 'Hive Router', way: 'HTTP callback' },
  { name: 'Hive Gateway', way: 'WebSocket' },
  { name: 'Hive Gateway', way: 'HTTP callback' },
  { name: 'Apollo Router', way: 'WebSocket' },
  { name: 'Apollo Router', way: 'HTTP callback' },
];

/** Its subscriptions want a licence: what stands in for it speaks its protocol to the service. */
export const isStandIn = ({ name }: Gateway): boolean => name === 'Apollo Router';

/** A client of the gateway. */
export interface WayClient extends Subscribing {
  /** From now on it reads nothing. */
  readonly pause: () => void;
  readonly resume: () => void;
}

export interface WayScene {
  readonly service: ServerProcess;
  /** A dispatch. */
  readonly id: string;
  client(token: string): WayClient;
}

/** Longer than a process takes to start again. */
const heartbeatMs = 120_000;

/** Everything ends with the test. Default: one process on embedded stores. */
export async function tWayScene(gateway: Gateway, prepared: Partial<Prepared> = {}): Promise<WayScene> {
  const { service, client } = await tGatewayOf(gateway, prepared);
  return { service, client, id: await createDispatch(service.client, { observaciones: 'x'.repeat(2_000) }) };
}

async function tGatewayOf(
  { name, way }: Gateway,
  { env = {}, front = async ({ url }) => url }: Partial<Prepared>,
): Promise<Pick<WayScene, 'service' | 'client'>> {
  if (name === 'Hive Router') {
    const { url, service } = await tHiveRouter(way, env, {
      heartbeat: `${heartbeatMs / 1_000}s`,
      front,
    });
    return { service, client: (token) => tPausableClient(url, token) };
  }
  if (name === 'Hive Gateway') {
    const gateway = await tIdleGateway();
    const { service, supergraph } = await tBehindRouter({ CALLBACK_ORIGINS: gateway.url, ...env }, front);
    gateway.serve({ upstream: way, supergraph, heartbeatMs });
    return { service, client: (token) => tPausableClient(gateway.url, token) };
  }
  if (way === 'HTTP callback') return tApolloByCallback({ env, front }, heartbeatMs);
  return tApolloByWebSocket({ env, front });
}
