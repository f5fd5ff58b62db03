/** Starts a real gateway: Hive Gateway in front of this service and the example `fleet`, with the supergraph of supergraph.yaml. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { afterEach } from '@jest/globals';
import type { Vehicle } from '../../examples/fleet/resolvers.ts';
import { startFleet } from '../../examples/fleet/server.ts';
import { compose } from '../../src/cli/supergraph/compose.ts';
import { readSupergraph } from '../../src/cli/supergraph/config.ts';
import { tApp, type RunningApp } from './app.ts';
import { createGateway, type GatewayOptions, type Upstream } from './gateway-runtime.ts';
import { createTestClient, type TestClient } from './test-client.ts';

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

export interface TestGateway extends TestClient {
  /** The service behind the gateway. */
  readonly app: RunningApp;
  /** The address of the gateway. */
  readonly url: string;
  /** The vehicles of the fleet by id. A change is seen in the next answer. */
  readonly vehicles: Map<string, Vehicle>;
}

const project = resolve(import.meta.dirname, '../..');

export async function tGateway(upstream: Upstream, env: Record<string, string> = {}): Promise<TestGateway> {
  const { url, serve } = await tIdleGateway();
  const app = await tApp({ CALLBACK_ORIGINS: url, ...env });
  const vehicles = new Map<string, Vehicle>();
  const fleet = await startFleet({ port: 0, vehicles });
  undos.push(() => fleet.close());
  const urls: Record<string, string> = { websocket: `${app.url}/graphql`, fleet: fleet.url };
  const subgraphs = readSupergraph(project, 'supergraph.yaml');
  const { supergraphSdl } = compose(subgraphs.map((it) => ({ ...it, url: urls[it.name] ?? it.url })));
  serve({ upstream, supergraph: supergraphSdl! });
  return { app, url, vehicles, ...createTestClient(url, app.config) };
}

export interface IdleGateway {
  readonly url: string;
  /** To be called when what stands behind it is there. */
  serve(options: GatewayOptions): void;
}

/** A gateway before its start, which has an address already; it ends with the test. */
export async function tIdleGateway(): Promise<IdleGateway> {
  let runtime: ReturnType<typeof createGateway> | undefined;
  const server = createServer((request, response) => void runtime?.(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undos.push(async () => {
    server.close();
    server.closeAllConnections();
    await runtime?.[Symbol.asyncDispose]();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    serve: (options) => {
      runtime = createGateway(url, options);
    },
  };
}
