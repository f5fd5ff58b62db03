/** The server `yoga`: GraphQL Yoga with graphql-ws and its Redis event target, as its documentation shows them. */
import { createServer, type IncomingMessage } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { createRedisEventTarget } from '@graphql-yoga/redis-event-target';
import { parse, type ExecutionArgs } from 'graphql';
import { createPubSub, createYoga } from 'graphql-yoga';
import { useServer } from 'graphql-ws/use/ws';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { host, readServerOptions } from './options.ts';
import { createContext } from './request-context.ts';
import { subgraphResolvers, subgraphTypeDefs } from './schema.ts';

type Enveloped = Pick<ReturnType<ReturnType<typeof createYoga>['getEnveloped']>, 'execute' | 'subscribe'>;
interface Update {
  readonly dispatchUpdated: object;
}

const { port, redisUrl } = readServerOptions();
const pubsub = createPubSub<{ dispatch: [id: string, update: Update] }>({
  eventTarget: createRedisEventTarget({
    publishClient: new Redis(redisUrl),
    subscribeClient: new Redis(redisUrl),
  }),
});

const yoga = createYoga({
  schema: buildSubgraphSchema([
    {
      typeDefs: parse(subgraphTypeDefs),
      resolvers: {
        ...subgraphResolvers,
        Subscription: {
          dispatchUpdated: {
            subscribe: (_root: unknown, { id }: { id: string }) => pubsub.subscribe('dispatch', id),
          },
        },
      },
    },
  ]),
  context: ({ request }) => createContext(request?.headers.get('authorization')),
  logging: 'warn',
});

const server = createServer((request, response) => void yoga(request, response));
const sockets = new WebSocketServer({ server, path: yoga.graphqlEndpoint });
useServer<Record<string, unknown>, { readonly request: IncomingMessage }>(
  {
    execute: (args) => (args.rootValue as Enveloped).execute(args),
    subscribe: (args) => (args.rootValue as Enveloped).subscribe(args),
    onSubscribe: async (context, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params,
      });
      const args: ExecutionArgs = {
        schema: schema as ExecutionArgs['schema'],
        operationName: params.operationName,
        document: (parse as (text: string) => ExecutionArgs['document'])(params.query),
        variableValues: params.variables,
        contextValue: await (contextFactory as () => unknown)(),
        rootValue: { execute, subscribe },
      };
      const errors = (validate as (...given: unknown[]) => unknown[])(args.schema, args.document);
      return errors.length > 0 ? (errors as never) : args;
    },
  },
  sockets,
);
server.listen(port, host);
