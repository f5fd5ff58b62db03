/** What an event costs each process on its way to a client of Hive Router: time of a processor. */
import { readCpuSeconds } from '../../../bench/proc.ts';
import { subscribe, type Shown } from '../graphql-client.ts';
import { assign, createDispatch, dispatchesUpdated, type Update } from '../operations.ts';
import { freePort, tServerProcess, type ServerProcess } from '../server-process.ts';
import { until } from '../until.ts';
import { composeWith, type RealRouter } from './behind-router.ts';
import { tFleetProcess } from './fleet-process.ts';
import type { MeasuredTable } from './guide.ts';
import { callbackUrl, tHiveRouterBefore, type Way } from './hive-router.ts';
import { joinedUpdates } from './joins.ts';
import { tRouterClient } from './router-clients.ts';

/** Each with a token of their own, on a board that is changed so often. */
const [clients, changes] = [100, 100];
const untilMs = 300_000;

export interface CostCase {
  readonly what: string;
  readonly way: Way;
  readonly query: string;
  /** Of the service. */
  readonly env?: Record<string, string>;
}

export const costCases: readonly CostCase[] = [
  { what: 'event stream', way: 'event stream', query: dispatchesUpdated },
  { what: 'WebSocket', way: 'WebSocket', query: dispatchesUpdated },
  { what: 'HTTP callback', way: 'HTTP callback', query: dispatchesUpdated },
  {
    what: 'HTTP callback, `CALLBACK_PACE_MS=0`',
    way: 'HTTP callback',
    query: dispatchesUpdated,
    env: { CALLBACK_PACE_MS: '0' },
  },
  { what: 'event stream, with a join (`vehicle`)', way: 'event stream', query: joinedUpdates },
];

const processes = ['service', 'router', 'fleet'] as const;
/** Milliseconds of a processor, of each process, for one event of one client. */
export type Costs = Readonly<Record<(typeof processes)[number], number>>;

interface Scene {
  readonly service: ServerProcess;
  readonly router: RealRouter;
  readonly id: string;
  readonly pids: Readonly<Record<(typeof processes)[number], number>>;
}

async function tCostScene({ way, env: more }: CostCase): Promise<Scene> {
  const port = await freePort();
  const env = { CALLBACK_ORIGINS: callbackUrl(port), ...more };
  const service = await tServerProcess(env);
  const fleet = await tFleetProcess();
  const supergraph = composeWith({ websocket: `${service.url}/graphql`, fleet: fleet.url });
  const behind = { service, vehicles: new Map(), supergraph };
  const router = await tHiveRouterBefore(behind, { way, port, env, heartbeat: '15s' });
  const id = await createDispatch(service.client);
  return {
    service,
    router,
    id,
    pids: { service: service.pid, router: router.process.pid, fleet: fleet.process.pid },
  };
}

/** What each process works while something is done, milliseconds. */
async function worked({ pids }: Scene, what: () => Promise<void>): Promise<Costs> {
  const read = () => processes.map((name) => 1_000 * readCpuSeconds(pids[name]));
  const before = read();
  await what();
  const [service = 0, router = 0, fleet = 0] = read().map((ms, at) => ms - before[at]!);
  return { service, router, fleet };
}

async function changeAll({ service, id }: Scene): Promise<void> {
  for (let count = 0; count < changes; count += 1)
    await assign(service.client, id, count % 2 ? 'A01' : 'A02');
}

/** What is worked with the clients, less what is worked for the same changes without them. */
export async function measureCosts(one: CostCase): Promise<Costs> {
  const scene = await tCostScene(one);
  const { service, router } = scene;
  const alone = await worked(scene, () => changeAll(scene));
  const all: Shown<Update>[] = [];
  for (let at = 0; at < clients; at += 1) {
    const token = await router.token({ sub: `viewer-${at}` });
    all.push(subscribe<Update>(tRouterClient(router, 'Server-Sent Events', token), one.query));
  }
  const isLive = async () => (await service.client.metric('dispatch_subscriptions')) === clients;
  await until('all watch', isLive, untilMs);
  const together = await worked(scene, async () => {
    await changeAll(scene);
    const areShown = () => all.every(({ events }) => events.length === changes);
    await until('all are shown every change', areShown, untilMs);
  });
  const each = (name: keyof Costs) => Math.max(0, together[name] - alone[name]) / (clients * changes);
  return { service: each('service'), router: each('router'), fleet: each('fleet') };
}

/** Two digits of what a core does in a second. */
const perSecond = (ms: number) => Number((1_000 / ms).toPrecision(2)).toLocaleString('en');
const cellOf = (ms: number) => (ms < 0.005 ? '–' : `${ms.toFixed(2)} (${perSecond(ms)})`);

/** The cells of a row, without its name. */
export const costCells = (costs: Costs): readonly string[] => processes.map((name) => cellOf(costs[name]));

export const costTable: MeasuredTable = {
  marks: ['<!-- what an event costs: npm run docs:routers -->', '<!-- end of the costs -->'],
  heads: ['way', 'this service', 'the router', 'the fleet'],
  names: costCases.map(({ what }) => what),
};
