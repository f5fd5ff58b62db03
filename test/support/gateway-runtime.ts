/** Hive Gateway as an operator would run it before this service, with the plugins of docs/gateways.md. */
import { createGatewayRuntime, type GatewayPlugin } from '@graphql-hive/gateway-runtime';
import { MemPubSub } from '@graphql-hive/pubsub';
import http from '@graphql-mesh/transport-http';
import httpCallback from '@graphql-mesh/transport-http-callback';
import ws from '@graphql-mesh/transport-ws';
import { createGraphQLError, isAsyncIterable, type ExecutionResult } from '@graphql-tools/utils';
import type { GraphQLFormattedError } from 'graphql';

/** The protocol of subscriptions between gateway and service. */
export type Upstream = 'WebSocket' | 'HTTP callback';

export interface GatewayOptions {
  readonly upstream: Upstream;
  readonly supergraph: string;
  /** Between two signs of life of a subscription by callback. Default: the shortest that the service takes. */
  readonly heartbeatMs?: number;
}

/** `url`: its address. */
export function createGateway(url: string, { upstream, supergraph, heartbeatMs = 2_000 }: GatewayOptions) {
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
        ({ message }) => !/^Cannot return null for .* (Alert|Dispatch|User)\./.test(message),
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
