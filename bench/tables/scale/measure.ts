/** Measures one scene on a cluster: who watches what, and what an event then costs each process and Redis. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Subscribing } from '../../load/load.ts';
import { readExactCpuSeconds, readResidentKb } from '../../proc.ts';
import { scaledMs } from '../../workloads/workload.ts';
import { readMetric } from '../../subjects/ours.ts';
import type { Cluster } from './cluster.ts';

export interface Audience {
  /** The number of the process. */
  readonly member: number;
  readonly sockets: number;
  readonly subscribing: Subscribing;
}

export interface Scene {
  readonly name: string;
  /** Events are about dispatches 1 to this number, in turn. */
  readonly topics: number;
  readonly eventsPerSecond: number;
  /** Processes that are not among them have no clients. */
  readonly audiences: readonly Audience[];
  /** Deliveries of one event, over all processes. */
  readonly watchersPerEvent: number;
}

export interface SceneFigures {
  readonly name: string;
  readonly processes: number;
  readonly eventsPerSecond: number;
  readonly deliveriesPerSecond: number;
  /** Less than 1 when a process does not keep up. */
  readonly deliveredShare: number;
  /** CPU time of all processes, for one delivery, beyond what they use without events. */
  readonly usPerDelivery: number;
  /** CPU time of one event, microseconds: of all processes together, beyond what they use without events, and of Redis. */
  readonly usPerEvent: number;
  readonly redisUsPerEvent: number;
  /** CPU time of one event in a process that nobody on watches anything, beyond what it uses without events; null where all have clients. */
  readonly usPerUnwatchedEvent: number | null;
  /** Of the events of the window, those that such a process was sent by Redis, all such processes together. */
  readonly unwatchedEventsRead: number | null;
  /** The share of a core that a process uses with its clients and without events. */
  readonly restShareEach: number;
  /** The share of a core of the busiest process, all included. */
  readonly busiestShare: number;
  readonly residentMbEach: number;
  /** Of the process that is worst. */
  readonly p99Ms: number | null;
}

const [warmUpMs, windowMs] = [8_000, 8_000];

/** Leaves the cluster without clients. */
export async function measureScene(
  cluster: Cluster,
  scene: Scene,
  redisPid: number,
  scale: number,
): Promise<SceneFigures> {
  const { members, publisher } = cluster;
  await watch(cluster, scene);
  const [warmMs, durationMs] = [scaledMs(warmUpMs, scale), scaledMs(windowMs, scale)];
  const pids = members.map(({ server }) => server.pid);
  // Time to subscribe in: that is not rest.
  await sleep(warmMs);
  const atRest = await used(pids, () => sleep(durationMs));
  const { topics, eventsPerSecond } = scene;
  const rate = { topics, eventsPerSecond, durationMs: warmMs + 2 * durationMs };
  const publishing = publisher.ask('atRate', rate);
  await sleep(warmMs);
  const watched = new Set(scene.audiences.map(({ member }) => member));
  const unwatching = members.filter((_, member) => !watched.has(member));
  const eventsRead = async () =>
    sum(await Promise.all(unwatching.map(({ port }) => readMetric(port, 'dispatch_events_total'))));
  const beganRead = await eventsRead();
  const beganEvents = await publisher.ask('published', null);
  const busy = await used([...pids, redisPid], () =>
    Promise.all(
      scene.audiences.map(({ member }) =>
        members[member]!.generator.ask('window', { pid: pids[member]!, durationMs }),
      ),
    ),
  );
  const events = (await publisher.ask('published', null)) - beganEvents;
  const unwatchedEventsRead = unwatching.length === 0 ? null : (await eventsRead()) - beganRead;
  await publisher.ask('stop', null);
  await publishing;
  const residentMbEach = sum(pids.map(readResidentKb)) / 1024 / pids.length;
  for (const { member } of scene.audiences) await members[member]!.generator.ask('drop', null);
  // Time to let go of them in, which is no rest of the next scene.
  await sleep(warmMs);

  const windows = busy.result;
  const deliveries = sum(windows.map((window) => window.deliveries));
  const ofService = busy.cpuSeconds.slice(0, pids.length);
  const more = ofService.map(
    (cpu, member) => cpu - (atRest.cpuSeconds[member]! / atRest.seconds) * busy.seconds,
  );
  const unwatched = more.filter((_, member) => !watched.has(member));
  const perSecond = events / busy.seconds;
  return {
    ...{ name: scene.name, processes: members.length, residentMbEach, unwatchedEventsRead },
    ...{ eventsPerSecond: perSecond, deliveriesPerSecond: deliveries / busy.seconds },
    deliveredShare: deliveries / (events * scene.watchersPerEvent),
    usPerDelivery: (sum(more) / deliveries) * 1e6,
    usPerEvent: (sum(more) / events) * 1e6,
    redisUsPerEvent: (busy.cpuSeconds.at(-1)! / events) * 1e6,
    usPerUnwatchedEvent: unwatched.length === 0 ? null : (sum(unwatched) / unwatched.length / events) * 1e6,
    restShareEach: sum(atRest.cpuSeconds) / atRest.seconds / pids.length,
    busiestShare: Math.max(...ofService) / busy.seconds,
    p99Ms: worst(windows.map((window) => window.p99Ms)),
  };
}

/** Connects all clients, and sends what they subscribe to. */
async function watch(cluster: Cluster, { audiences }: Scene): Promise<void> {
  for (const { member, sockets, subscribing } of audiences) {
    const { generator } = cluster.members[member]!;
    await generator.ask('open', cluster.opening(member, sockets));
    await generator.ask('subscribe', subscribing);
  }
}

/** CPU time of each process while `run` goes on, seconds. */
async function used<T>(pids: readonly number[], run: () => Promise<T>) {
  const [began, beganAt] = [pids.map(readExactCpuSeconds), performance.now()];
  const result = await run();
  const seconds = (performance.now() - beganAt) / 1_000;
  return { result, seconds, cpuSeconds: pids.map((pid, at) => readExactCpuSeconds(pid) - began[at]!) };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const worst = (values: readonly (number | null)[]) => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
};
