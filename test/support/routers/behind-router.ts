/** What stands behind a real router: a process of this service, and the example fleet. */
import { resolve } from 'node:path';
import { afterEach } from '@jest/globals';
import type { Vehicle } from '../../../examples/fleet/resolvers.ts';
import { startFleet } from '../../../examples/fleet/server.ts';
import { compose } from '../../../src/cli/supergraph/compose.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { readSupergraph } from '../../../src/cli/supergraph/config.ts';
import { tServerProcess, type ServerProcess } from '../server-process.ts';
import { createTestClient, type TestClient } from '../test-client.ts';
import type { RouterProcess } from './router-process.ts';

export const project = resolve(import.meta.dirname, '../../..');

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

export interface BehindRouter {
  readonly service: ServerProcess;
  /** The vehicles of the fleet by id. A change is seen in the next answer. */
  readonly vehicles: Map<string, Vehicle>;
  /** The SDL of the supergraph, with the addresses of both. */
  readonly supergraph: string;
}

/** A router, as its clients see it; `ask` goes through it. */
export interface RealRouter extends TestClient, BehindRouter {
  readonly url: string;
  readonly wsUrl: string;
  /** Which can be ended and started again. */
  readonly process: RouterProcess;
}

/** The address at which a router reaches the service: that of its process, or of what stands in front of it and of others. */
export type Front = (service: ServerProcess, env: Record<string, string>) => Promise<string>;

/** The address at which a router reaches the fleet that is at another one. */
export type FrontOfFleet = (url: string) => Promise<string>;

/** Starts both; they end with the test. `env` is that of the service. */
export async function tBehindRouter(
  env: Record<string, string>,
  front: Front = async ({ url }) => url,
  frontOfFleet: FrontOfFleet = async (url) => url,
): Promise<BehindRouter> {
  const service = await tServerProcess(env);
  const address = await front(service, env);
  const vehicles = new Map<string, Vehicle>();
  const fleet = await startFleet({ port: 0, vehicles });
  undos.push(() => fleet.close());
  const supergraph = composeWith({ websocket: `${address}/graphql`, fleet: await frontOfFleet(fleet.url) });
  return { service, vehicles, supergraph };
}

/** The SDL of the supergraph of supergraph.yaml, with these addresses of its subgraphs. */
export function composeWith(urls: Readonly<Record<string, string>>): string {
  const subgraphs = readSupergraph(project, 'supergraph.yaml');
  return compose(subgraphs.map((it) => ({ ...it, url: urls[it.name] ?? it.url }))).supergraphSdl!;
}

/** A router on a port, as its clients see it. `env` is that of the service behind it. */
export function createRealRouter(
  behind: BehindRouter,
  { port, process, env }: Pick<RealRouter, 'process'> & { port: number; env: Record<string, string> },
): RealRouter {
  const url = `http://127.0.0.1:${port}`;
  const client = createTestClient(url, parseConfig(env));
  return { ...behind, ...client, url, wsUrl: `ws://127.0.0.1:${port}/graphql`, process };
}
