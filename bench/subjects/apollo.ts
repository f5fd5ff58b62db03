/** The server `plain` over HTTP: Apollo Server on Express, as its documentation shows it. */
import { createServer } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { expressMiddleware } from '@as-integrations/express5';
import cors from 'cors';
import express from 'express';
import { parse } from 'graphql';
import { host, readServerOptions } from './options.ts';
import { createContext, type RequestContext } from './request-context.ts';
import { subgraphResolvers, subgraphTypeDefs } from './schema.ts';

const { port } = readServerOptions();
const app = express();
const httpServer = createServer(app);
const server = new ApolloServer<RequestContext>({
  schema: buildSubgraphSchema([{ typeDefs: parse(subgraphTypeDefs), resolvers: subgraphResolvers }]),
  plugins: [ApolloServerPluginDrainHttpServer({ httpServer })],
});
await server.start();
app.use(
  '/graphql',
  cors<cors.CorsRequest>(),
  express.json(),
  expressMiddleware(server, { context: ({ req }) => createContext(req.headers.authorization) }),
);
httpServer.listen(port, host);
