/** Starts a real Hive Router in front of this service and the fleet, with the configuration that is recommended. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePort } from '../server-process.ts';
import {
  createRealRouter,
  project,
  tBehindRouter,
  type BehindRouter,
  type Front,
  type FrontOfFleet,
  type RealRouter,
} from './behind-router.ts';
import { findRouter, hiveRouter } from './programs.ts';
import { tRouterProcess } from './router-process.ts';
import { takeIn } from './take-in.ts';

/** How subscriptions come to the router. */
export type Way = 'event stream' | 'WebSocket' | 'HTTP callback';
export const ways: readonly Way[] = ['event stream', 'WebSocket', 'HTTP callback'];

const blocks = { 'event stream': [], WebSocket: ['websocket'], 'HTTP callback': ['callback'] };

interface HiveRouterConfig {
  readonly http: object;
  readonly subscriptions: { readonly callback?: Record<string, unknown>; [name: string]: unknown };
  readonly headers: {
    /** Only where it is taken in. */
    readonly subgraphs?: { readonly websocket: { readonly request: [{ insert: { value: string } }] } };
  };
  readonly [name: string]: unknown;
}

/** hive-router.yaml with another port, and with the way that is given; with the router's own capacities where it is asked for them. */
function configuration(options: BeforeOptions): string {
  const { port, way, heartbeat = '2s', hasOwnCapacities, gatewaySecret } = options;
  const taken = [...blocks[way], ...(gatewaySecret === undefined ? [] : ['subgraphs'])];
  const text = takeIn(readFileSync(join(project, 'hive-router.yaml'), 'utf8'), taken);
  const config = parse(text) as HiveRouterConfig;
  if (gatewaySecret !== undefined)
    config.headers.subgraphs!.websocket.request[0].insert.value = gatewaySecret;
  if (hasOwnCapacities) {
    delete config.subscriptions['broadcast_capacity'];
    delete config.subscriptions['subgraph_buffer_capacity'];
  }
  const { callback } = config.subscriptions;
  if (callback) {
    callback['public_url'] = callbackUrl(port);
    callback['heartbeat_interval'] = heartbeat;
  }
  return stringify({ ...config, http: { ...config.http, host: '127.0.0.1', port } });
}

export interface HiveRouterOptions {
  /** What the router reaches the service by. Default: its process. */
  readonly front?: Front;
  /** What it reaches the fleet by. Default: the fleet. */
  readonly frontOfFleet?: FrontOfFleet;
  /** Between two signs of life of a subscription by callback. Default: the shortest that the service takes. */
  readonly heartbeat?: string | undefined;
  /** Whether it keeps so many events for a client as it does by default, and not as many as is recommended. */
  readonly hasOwnCapacities?: boolean | undefined;
  /** What it proves itself with where operations are trusted. Default: nothing. */
  readonly gatewaySecret?: string | undefined;
}

/** It ends with the test. `env` is that of the service. */
export async function tHiveRouter(
  way: Way,
  env: Record<string, string> = {},
  { front, frontOfFleet, ...options }: HiveRouterOptions = {},
): Promise<RealRouter> {
  const port = await freePort();
  const behind = await tBehindRouter({ CALLBACK_ORIGINS: callbackUrl(port), ...env }, front, frontOfFleet);
  return tHiveRouterBefore(behind, { way, port, env, ...options });
}

/** Where a Hive Router on this port is called back. */
export const callbackUrl = (port: number): string => `http://127.0.0.1:${port}/callback`;

export interface BeforeOptions extends Omit<HiveRouterOptions, 'front' | 'frontOfFleet'> {
  readonly way: Way;
  readonly port: number;
  /** That of the service. */
  readonly env: Record<string, string>;
}

/** One more router before what stands there already; it ends with the test. */
export async function tHiveRouterBefore(behind: BehindRouter, options: BeforeOptions): Promise<RealRouter> {
  const { port, env } = options;
  const process = await tRouterProcess({
    program: findRouter(hiveRouter)!,
    args: [],
    env: { ROUTER_CONFIG_FILE_PATH: 'hive-router.yaml' },
    files: {
      'supergraph.graphql': behind.supergraph,
      'hive-router.yaml': configuration(options),
    },
    healthUrl: `http://127.0.0.1:${port}/readiness`,
  });
  return createRealRouter(behind, { port, process, env });
}
