/** What faults are played to: three processes on one Redis and one PostgreSQL, and routers before them of each kind. */
import { afterEach } from '@jest/globals';
import { tIdleGateway } from '../../gateway.ts';
import { tPostgres, type TestPostgres } from '../../postgres.ts';
import { tRedis, type TestRedis } from '../../redis.ts';
import { tRoundRobin } from '../../round-robin.ts';
import { freePort, tServerProcess, type ServerProcess } from '../../server-process.ts';
import { tBehindRouter, type RealRouter } from '../behind-router.ts';
import { callbackUrl, tHiveRouterBefore, type Way } from '../hive-router.ts';

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

/** Between two signs of life: so long it may take on a busy machine to start a process, or to go on in the place of another one. */
const heartbeatMs = 120_000;

export interface FaultScene {
  readonly redis: TestRedis;
  readonly postgres: TestPostgres;
  readonly servers: readonly ServerProcess[];
  /** Hive Router, by its way to the service. */
  readonly routers: Readonly<Record<Way, RealRouter>>;
  /** The address of Hive Gateway, which subscribes by callback. */
  readonly gatewayUrl: string;
}

/** Everything ends with the test. */
export async function tFaultScene(): Promise<FaultScene> {
  const postgres = await tPostgres();
  undos.push(() => postgres.stop());
  const redis = await tRedis({ appendonly: true });
  undos.push(() => redis.stop());
  const gateway = await tIdleGateway();
  const port = await freePort();
  const env = {
    REDIS_URL: redis.url,
    DATABASE_URL: await postgres.createDatabase(),
    CALLBACK_ORIGINS: `${callbackUrl(port)},${gateway.url}`,
    // A router on a busy machine may take longer than one in service does.
    CALLBACK_TIMEOUT_MS: '30000',
    // All clients are one viewer's.
    MAX_CONNECTIONS_PER_VIEWER: '10000',
    MAX_CALLBACKS_PER_VIEWER: '10000',
  };
  const servers: ServerProcess[] = [];
  const behind = await tBehindRouter(env, async (first) => {
    servers.push(first, ...(await Promise.all([tServerProcess(env), tServerProcess(env)])));
    return (await tRoundRobin(servers.map(({ url }) => url))).url;
  });
  gateway.serve({ upstream: 'HTTP callback', supergraph: behind.supergraph, heartbeatMs });
  const before = (way: Way, itsPort: number) =>
    tHiveRouterBefore(behind, { way, port: itsPort, env, heartbeat: `${heartbeatMs / 1_000}s` });
  const routers = {
    'HTTP callback': await before('HTTP callback', port),
    'event stream': await before('event stream', await freePort()),
    WebSocket: await before('WebSocket', await freePort()),
  };
  return { redis, postgres, servers, routers, gatewayUrl: gateway.url };
}
