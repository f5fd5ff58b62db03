/** What is restarted in turn: two processes of this service, two of the fleet, two replicas of Hive Router and two of Hive Gateway. */
import { afterEach } from '@jest/globals';
import { tPostgres } from '../../postgres.ts';
import { tRedis } from '../../redis.ts';
import { tRoundRobin } from '../../round-robin.ts';
import { freePort, tServerProcess, type ServerProcess } from '../../server-process.ts';
import { composeWith } from '../behind-router.ts';
import { tFleetProcess } from '../fleet-process.ts';
import { callbackUrl, tHiveRouterBefore } from '../hive-router.ts';
import { tGatewayProcess } from './gateway-process.ts';

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

/** Between two signs of life: so long it may take on a busy machine to start a process, or to go on in the place of another one. */
const heartbeatMs = 120_000;

/** What is restarted, in the order of the guide. */
export const kinds = ['this service', 'the fleet', 'Hive Router', 'Hive Gateway'] as const;
export type Kind = (typeof kinds)[number];

/** A process of its own, at an address of its own. */
interface Program {
  readonly url: string;
  readonly process: {
    /** Resolves when it has ended. */
    kill(signal: NodeJS.Signals): Promise<unknown>;
    /** Resolves when it is ready. */
    start(): Promise<unknown>;
  };
}

/** Two that do the same, behind a balancer. */
interface Pair {
  /** The address of the balancer. */
  readonly url: string;
  /** As a deployment replaces each of them: it leaves the balancer, ends in order, and is back in it when it is ready again. */
  readonly restarts: readonly (() => Promise<void>)[];
}

export interface RestartScene {
  readonly servers: readonly ServerProcess[];
  readonly pairs: Readonly<Record<Kind, Pair>>;
}

const two = <T>(make: () => Promise<T>): Promise<[T, T]> => Promise.all([make(), make()]);
const at = (port: number) => `http://127.0.0.1:${port}`;

/** Everything ends with the test. */
export async function tRestartScene(): Promise<RestartScene> {
  const ports = await two(freePort);
  const gatewayPorts = await two(freePort);
  const env = await tStores([...ports.map(callbackUrl), ...gatewayPorts.map(at)]);
  const servers = await two(() => tServerProcess(env));
  const service = await tPair(servers.map((process) => ({ url: process.url, process })));
  const fleet = await tPair(await two(tFleetProcess));
  const supergraph = composeWith({ websocket: `${service.url}/graphql`, fleet: fleet.url });
  const behind = { service: servers[0], vehicles: new Map(), supergraph };
  const heartbeat = `${heartbeatMs / 1_000}s`;
  const before = (port: number) => tHiveRouterBefore(behind, { way: 'HTTP callback', port, env, heartbeat });
  const gateway = async (port: number) => ({
    url: at(port),
    process: await tGatewayProcess({ port, upstream: 'HTTP callback', supergraph, heartbeatMs }),
  });
  return {
    servers,
    pairs: {
      'this service': service,
      'the fleet': fleet,
      'Hive Router': await tPair(await Promise.all(ports.map(before))),
      'Hive Gateway': await tPair(await Promise.all(gatewayPorts.map(gateway))),
    },
  };
}

async function tPair(programs: readonly Program[]): Promise<Pair> {
  const balancer = await tRoundRobin(programs.map(({ url }) => url));
  const restart = async ({ url, process }: Program) => {
    balancer.leaveOut(url);
    await process.kill('SIGTERM');
    await process.start();
    balancer.takeIn(url);
  };
  return { url: balancer.url, restarts: programs.map((program) => () => restart(program)) };
}

/** The environment of processes with one Redis and one PostgreSQL. */
async function tStores(origins: readonly string[]): Promise<Record<string, string>> {
  const postgres = await tPostgres();
  undos.push(() => postgres.stop());
  const redis = await tRedis({ appendonly: true });
  undos.push(() => redis.stop());
  return {
    REDIS_URL: redis.url,
    DATABASE_URL: await postgres.createDatabase(),
    CALLBACK_ORIGINS: origins.join(','),
  };
}
