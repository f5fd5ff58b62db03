/** What is restarted in turn: two processes of this service, two of the fleet, two replicas of Hive Router and two of Hive Gateway. */
import { afterEach } from '@jest/globals';
import type { Vehicle } from '../../../../examples/fleet/resolvers.ts';
import { startFleet } from '../../../../examples/fleet/server.ts';
import { tIdleGateway } from '../../gateway.ts';
import { tPostgres } from '../../postgres.ts';
import { tRedis } from '../../redis.ts';
import { tRoundRobin } from '../../round-robin.ts';
import { freePort, tServerProcess, type ServerProcess } from '../../server-process.ts';
import { composeWith } from '../behind-router.ts';
import { callbackUrl, tHiveRouterBefore } from '../hive-router.ts';

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

/** Between two signs of life: so long it may take on a busy machine to start a process, or to go on in the place of another one. */
const heartbeatMs = 120_000;

/** One of two that do the same. */
interface Replica {
  readonly url: string;
  /** It ends in order, and is ready again. */
  readonly restart: () => Promise<unknown>;
}

type Replicas = readonly [Replica, Replica];

/** What is restarted, in the order of the guide. */
export const kinds = ['this service', 'the fleet', 'Hive Router', 'Hive Gateway'] as const;
export type Kind = (typeof kinds)[number];

export interface RestartScene {
  readonly servers: readonly ServerProcess[];
  /** Those of both processes of the fleet. */
  readonly vehicles: Map<string, Vehicle>;
  readonly replicas: Readonly<Record<Kind, Replicas>>;
  /** The address of the balancer in front of the replicas of each. */
  readonly urls: Readonly<Record<Kind, string>>;
}

const two = <T>(make: () => Promise<T>): Promise<[T, T]> => Promise.all([make(), make()]);

/** Everything ends with the test. */
export async function tRestartScene(): Promise<RestartScene> {
  const ports = await two(freePort);
  const gateways = await two(tIdleGateway);
  const env = await tStores([...ports.map(callbackUrl), ...gateways.map(({ url }) => url)]);
  const servers = await two(() => tServerProcess(env));
  const vehicles = new Map<string, Vehicle>();
  const fleets = await two(() => tFleet(vehicles));
  const balancer = async (replicas: readonly { readonly url: string }[]) =>
    (await tRoundRobin(replicas.map(({ url }) => url))).url;
  const [service, fleet] = [await balancer(servers), await balancer(fleets)];
  const supergraph = composeWith({ websocket: `${service}/graphql`, fleet });
  const behind = { service: servers[0], vehicles, supergraph };
  const heartbeat = `${heartbeatMs / 1_000}s`;
  const before = (port: number) => tHiveRouterBefore(behind, { way: 'HTTP callback', port, env, heartbeat });
  const routers = await Promise.all([before(ports[0]), before(ports[1])]);
  const serve = ({ serve: on }: (typeof gateways)[number]) =>
    on({ upstream: 'HTTP callback', supergraph, heartbeatMs });
  gateways.forEach(serve);
  return {
    servers,
    vehicles,
    urls: {
      'this service': service,
      'the fleet': fleet,
      'Hive Router': await balancer(routers),
      'Hive Gateway': await balancer(gateways),
    },
    replicas: {
      'this service': both(servers, async (server) => {
        await server.kill('SIGTERM');
        await server.start();
      }),
      'the fleet': both(fleets, ({ restart }) => restart()),
      'Hive Router': both(routers, async ({ process }) => {
        await process.kill('SIGTERM');
        await process.start();
      }),
      'Hive Gateway': both(gateways, async (gateway) => {
        await gateway.close();
        await gateway.listen();
        serve(gateway);
      }),
    },
  };
}

const both = <T extends { readonly url: string }>(
  [first, second]: readonly [T, T],
  restart: (one: T) => Promise<unknown>,
): Replicas => [
  { url: first.url, restart: () => restart(first) },
  { url: second.url, restart: () => restart(second) },
];

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

async function tFleet(vehicles: ReadonlyMap<string, Vehicle>): Promise<Replica> {
  const port = await freePort();
  let fleet = await startFleet({ port, vehicles });
  undos.push(() => fleet.close());
  const restart = async () => {
    await fleet.close();
    fleet = await startFleet({ port, vehicles });
  };
  return { url: `http://127.0.0.1:${port}`, restart };
}
