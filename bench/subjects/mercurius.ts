/** The server `mercurius`: Mercurius on Fastify with JIT and its Redis emitter, as its documentation shows them. */
import { buildSubgraphSchema } from '@apollo/subgraph';
import fastify from 'fastify';
import { parse } from 'graphql';
import { mercurius, type MercuriusContext } from 'mercurius';
import createEmitter from 'mqemitter-redis';
import { topicOf } from '../dispatch-event.ts';
import { host, readServerOptions } from './options.ts';
import { createContext } from './request-context.ts';
import { subgraphResolvers, subgraphTypeDefs } from './schema.ts';

const { port, redisUrl } = readServerOptions();
const { hostname, port: redisPort } = new URL(redisUrl);
const app = fastify();

await app.register(mercurius, {
  schema: buildSubgraphSchema([
    {
      typeDefs: parse(subgraphTypeDefs),
      resolvers: {
        ...subgraphResolvers,
        Subscription: {
          dispatchUpdated: {
            subscribe: (_root: unknown, { id }: { id: string }, { pubsub }: MercuriusContext) =>
              pubsub.subscribe(topicOf(id)),
          },
        },
      },
    },
  ]),
  jit: 1,
  context: (request) => createContext(request.headers.authorization),
  subscription: { emitter: createEmitter({ host: hostname, port: Number(redisPort) }) },
});
await app.listen({ port, host });
