/** Runs the fleet as a server: `node examples/fleet/server.ts --port 4005`. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createResolvers, type Vehicle } from './resolvers.ts';

const typeDefs = parse(readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'));

export interface FleetOptions {
  /** 0 for any free port. */
  readonly port: number;
  /** The vehicles by id. A change is seen in the next answer. */
  readonly vehicles: ReadonlyMap<string, Vehicle>;
}

export async function startFleet({ port, vehicles }: FleetOptions) {
  const schema = buildSubgraphSchema([{ typeDefs, resolvers: createResolvers(vehicles) }]);
  const plugins = [ApolloServerPluginInlineTraceDisabled()];
  const server = new ApolloServer({ schema, plugins, stopOnTerminationSignals: false });
  const { url } = await startStandaloneServer(server, { listen: { port, host: '127.0.0.1' } });
  return { url, close: () => server.stop() };
}

if (import.meta.main) {
  const { port } = parseArgs({ options: { port: { type: 'string', default: '4005' } } }).values;
  const vehicles = [
    { id: 'A1', placa: '2045-KLP', currentDispatchId: '1' },
    { id: 'A2', placa: '3310-BTR', currentDispatchId: null },
  ];
  const fleet = await startFleet({ port: Number(port), vehicles: new Map(vehicles.map((v) => [v.id, v])) });
  console.log(`The fleet answers at ${fleet.url}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void fleet.close());
}
