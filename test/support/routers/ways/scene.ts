/** A gateway of any kind before one process of this service, on embedded stores. */
import { tIdleGateway, type Upstream } from '../../gateway.ts';
import { tEventClient } from '../../event-stream.ts';
import { subscribe, type Shown } from '../../graphql-client.ts';
import { createDispatch, dispatchUpdated, type Update } from '../../operations.ts';
import type { ServerProcess } from '../../server-process.ts';
import { tBehindRouter } from '../behind-router.ts';
import { tHiveRouter, type Way } from '../hive-router.ts';

export type Gateway =
  | { readonly name: 'Hive Router'; readonly way: Way }
  | { readonly name: 'Hive Gateway'; readonly way: Upstream };

export const gateways: readonly Gateway[] = [
  { name: 'Hive Router', way: 'event stream' },
  { name: 'Hive Router', way: 'WebSocket' },
  { name: 'Hive Router', way: 'HTTP callback' },
  { name: 'Hive Gateway', way: 'WebSocket' },
  { name: 'Hive Gateway', way: 'HTTP callback' },
];

export interface WayScene {
  readonly service: ServerProcess;
  /** A dispatch. */
  readonly id: string;
  /** Watches it through the gateway, by Server-Sent Events. */
  watch(token: string, variables?: object): Shown<Update>;
}

/** Longer than a process takes to start again. */
const heartbeatSeconds = 120;

/** Everything ends with the test. */
export async function tWayScene(gateway: Gateway): Promise<WayScene> {
  const { url, service } = await tGatewayOf(gateway);
  const id = await createDispatch(service.client);
  return {
    service,
    id,
    watch: (token, variables) =>
      subscribe<Update>(tEventClient(url, token), dispatchUpdated, { id, ...variables }),
  };
}

async function tGatewayOf({ name, way }: Gateway): Promise<{ url: string; service: ServerProcess }> {
  if (name === 'Hive Router') return tHiveRouter(way, {}, { heartbeat: `${heartbeatSeconds}s` });
  const gateway = await tIdleGateway();
  const { service, supergraph } = await tBehindRouter({ CALLBACK_ORIGINS: gateway.url });
  gateway.serve({ upstream: way, supergraph, heartbeatMs: heartbeatSeconds * 1_000 });
  return { url: gateway.url, service };
}
