/** Starts a real gateway: Hive Gateway in front of this service and the example `fleet`, with the supergraph of supergraph.yaml. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { afterEach } from '@jest/globals';
import { createGatewayRuntime, type GatewayPlugin } from '@graphql-hive/gateway-runtime';
import { MemPubSub } from '@graphql-hive/pubsub';
import http from '@graphql-mesh/transport-http';
import httpCallback from '@graphql-mesh/transport-http-callback';
import ws from '@graphql-mesh/transport-ws';
import { createGraphQLError, isAsyncIterable, type ExecutionResult } from '@graphql-tools/utils';
import type { GraphQLFormattedError } from 'graphql';
import type { Vehicle } from '../../examples/fleet/resolvers.ts';
import { startFleet } from '../../examples/fleet/server.ts';
import { compose } from '../../src/cli/supergraph/compose.ts';
import { readSupergraph } from '../../src/cli/supergraph/config.ts';
import { tApp, type RunningApp } from './app.ts';
import { createTestClient, type TestClient } from './test-client.ts';

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

/** The protocol of subscriptions between gateway and service. */
export type Upstream = 'WebSocket' | 'HTTP callback';

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

export interface GatewayOptions {
  readonly upstream: Upstream;
  readonly supergraph: string;
  /** Between two signs of life of a subscription by callback. Default: the shortest that the service takes. */
  readonly heartbeatMs?: number;
}

export interface IdleGateway {
  readonly url: string;
  /** To be called when what stands behind it is there. */
  serve(options: GatewayOptions): void;
  /** It ends in order, as at SIGTERM. */
  close(): Promise<void>;
  /** At the same address, without what it had open; `serve` comes next. */
  listen(): Promise<void>;
}

/** A gateway before its start, which has an address already; it ends with the test. */
export async function tIdleGateway(): Promise<IdleGateway> {
  let port = 0;
  let runtime: ReturnType<typeof createRuntime> | undefined;
  const server = createServer((request, response) => void runtime?.(request, response));
  const listen = async () => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  };
  const close = async () => {
    if (!server.listening) return;
    server.close();
    await runtime?.[Symbol.asyncDispose]();
    runtime = undefined;
    server.closeAllConnections();
  };
  await listen();
  undos.push(close);
  const url = `http://127.0.0.1:${port}`;
  const serve = (options: GatewayOptions) => {
    runtime = createRuntime(url, options);
  };
  return { url, listen, close, serve };
}

function createRuntime(url: string, { upstream, supergraph, heartbeatMs = 2_000 }: GatewayOptions) {
  const authorization = '{context.headers.authorization}';
  const subscriptions =
    upstream === 'WebSocket'
      ? { kind: 'ws', options: { connectionParams: { token: authorization } } }
      : {
          kind: 'http-callback',
          headers: [['authorization', authorization]],
          options: { public_url: `${url}/callback`, path: '/callback', heartbeat_interval: heartbeatMs },
        };
  return createGatewayRuntime({
    supergraph,
    transports: { http, ws, 'http-callback': httpCallback },
    transportEntries: { websocket: { options: { subscriptions } } },
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }) => ({ authorization: request.headers.get('authorization') ?? '' }),
    },
    pubsub: new MemPubSub(),
    webhooks: true,
    logging: 'error',
    plugins: () => [errorsOfSubscriptions, idempotencyKeys, unknownEntities],
  });
}

/**
 * The gateway sends each mutation of a document in a request of its own, and without its alias: two of the same field would have one
 * name. So the name that it has in the client's document is made a part of its key.
 */
const idempotencyKeys: GatewayPlugin = {
  onSubgraphExecute({ executionRequest }) {
    const { context, info } = executionRequest;
    const key = (context as { request?: Request } | undefined)?.request?.headers.get('idempotency-key');
    if (!key || !info) return;
    const extensions = (executionRequest.extensions ??= {}) as { headers?: Record<string, string> };
    extensions.headers = { ...extensions.headers, 'idempotency-key': `${key}.${info.path.key}` };
  },
};

/**
 * A dispatch that nobody knows is null, and so are its fields. Of those that cannot be null the gateway makes an error beside the
 * null; where a field was refused, that error comes beside the one with the code.
 */
const unknownEntities: GatewayPlugin = {
  onExecute: () => ({
    onExecuteDone({ result, setResult }) {
      if (isAsyncIterable(result)) return;
      const { errors = [], ...rest } = result as ExecutionResult;
      const said = errors.filter(
        ({ message }) => !/^Cannot return null for .* (Dispatch|User)\./.test(message),
      );
      setResult(said.length > 0 ? { ...rest, errors: said } : rest);
    },
  }),
};

/**
 * When a subgraph refuses a subscription over a WebSocket, the gateway's client throws a list of errors, which the gateway takes
 * for one error without message and code. This plugin corrects that; docs/gateways.md shows the same plugin.
 */
const errorsOfSubscriptions: GatewayPlugin = {
  onSubgraphExecute: ({ executor, setExecutor }) =>
    setExecutor(async (request) => {
      const result = await executor(request);
      return isAsyncIterable(result) ? withListedErrors(result as AsyncIterable<ExecutionResult>) : result;
    }),
};

/** Not a generator, since a generator cannot be ended while it waits for the next event. */
function withListedErrors(results: AsyncIterable<ExecutionResult>): AsyncIterableIterator<ExecutionResult> {
  const iterator = results[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => iterator.next().catch((thrown: unknown) => ({ value: resultOf(thrown) })),
    return: async () => (await iterator.return?.()) ?? { value: undefined, done: true },
  };
}

function resultOf(thrown: unknown): ExecutionResult {
  if (!Array.isArray(thrown)) throw thrown;
  return {
    errors: (thrown as GraphQLFormattedError[]).map((error) => createGraphQLError(error.message, error)),
  };
}
