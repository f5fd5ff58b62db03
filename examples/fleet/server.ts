/** Runs the fleet as a server: `npm run fleet`. */
import { readFileSync } from 'node:fs';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { parseCommandLine, runCommand, UsageError } from '../../src/cli/command.ts';
import { handOnAlerts } from './alerts.ts';
import { createResolvers, type Vehicle } from './resolvers.ts';
import { createVehicles, followDispatches } from './vehicles.ts';

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

const usage = `Runs the example of another subgraph: vehicles, which are those of npm run replay -- --demo.

  npm run fleet
  npm run fleet -- --token "$(npm run -s token -- --role dispatcher --sub fleet)"

  --token TOKEN   follow the dispatches with it, and know which of them each vehicle serves
  --alerts-to URL post alerts there, with the vehicle of each, until they are taken; needs --token
  --url URL       of the service (default http://localhost:4004/graphql)
  --port PORT     where the fleet answers, at this machine alone (default 4005; 0 takes a free one)
  --help          this text

Exit codes: 0 it was ended, 2 the command line cannot be used.
`;

const options = {
  token: { type: 'string' },
  'alerts-to': { type: 'string' },
  url: { type: 'string', default: 'http://localhost:4004/graphql' },
  port: { type: 'string', default: '4005' },
} as const;

async function run(args: readonly string[]): Promise<number> {
  const { token, url, port, 'alerts-to': alertsTo } = parseCommandLine(args, options);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new UsageError(`--port is "${port}", and no port.`);
  if (!URL.canParse(url)) throw new UsageError(`--url is "${url}", and no URL.`);
  if (alertsTo !== undefined && (token === undefined || !URL.canParse(alertsTo)))
    throw new UsageError('--alerts-to is a URL, and needs --token.');
  const vehicles = createVehicles();
  const fleet = await startFleet({ port: Number(port), vehicles });
  console.log(`The fleet answers at ${fleet.url}`);
  const onError = (problem: string) => console.error(`The dispatches cannot be followed: ${problem}`);
  const unfollow = token === undefined ? () => {} : followDispatches(vehicles, { url, token, onError });
  const endHandOn =
    token === undefined || alertsTo === undefined
      ? () => {}
      : handOnAlerts({ url, token, to: alertsTo, vehicles, onError: (problem) => console.error(problem) });
  if (token === undefined) console.log('Without --token its vehicles serve no dispatch: --help says more.');
  await new Promise<void>((ended) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended());
  });
  unfollow();
  endHandOn();
  await fleet.close();
  return 0;
}

if (import.meta.main) await runCommand({ usage, run });
