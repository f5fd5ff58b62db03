/** The server `plain`: graphql-ws, graphql-tools and graphql-redis-subscriptions, as their READMEs show them. */
import { createServer } from 'node:http';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { useServer } from 'graphql-ws/use/ws';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { boardChannel, topicOf } from '../dispatch-event.ts';
import { positionsOf } from '../position-event.ts';
import { host, readServerOptions } from './options.ts';
import { queryResolvers, typeDefs } from './schema.ts';

const { port, redisUrl } = readServerOptions();
const pubsub = new RedisPubSub({ publisher: new Redis(redisUrl), subscriber: new Redis(redisUrl) });

const schema = makeExecutableSchema({
  typeDefs,
  resolvers: {
    ...queryResolvers,
    Subscription: {
      dispatchUpdated: {
        subscribe: (_root: unknown, { id }: { id: string }) => pubsub.asyncIterableIterator(topicOf(id)),
      },
      dispatchesUpdated: { subscribe: () => pubsub.asyncIterableIterator(boardChannel) },
      locationUpdated: {
        subscribe: (_root: unknown, { despachoId }: { despachoId: string }) =>
          pubsub.asyncIterableIterator(positionsOf(despachoId)),
      },
    },
  },
});

const server = createServer();
const sockets = new WebSocketServer({ server, path: '/graphql' });
useServer({ schema }, sockets);
server.listen(port, host);
