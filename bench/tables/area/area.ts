/** Measures what it costs that many maps each watch a box, against the way in which everybody gets all and the client filters. */
import { setTimeout as sleep } from 'node:timers/promises';
import { examineMachine } from '../../machine.ts';
import { readCpuSeconds } from '../../proc.ts';
import { startRedis, type RedisServer } from '../../redis-server.ts';
import { readMetric } from '../../subjects/ours.ts';
import type { RowsListener } from '../rows.ts';
import { areaOf, boxes, mapQuery } from './maps.ts';
import { city, Fleet } from './fleet.ts';
import { watched, type Watched } from './watched.ts';

const [maps, ambulances] = [1_000, 500];
const [warmUpMs, windowMs] = [10_000, 10_000];

interface Figures {
  readonly name: string;
  readonly cpuShare: number;
  readonly bytesPerSecond: number;
  readonly deliveriesPerSecond: number;
  readonly executionsPerEvent: number;
  readonly deliveriesPerWrite: number;
  readonly appendsPerPosition: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Prints nothing; resolves with the table, Markdown. `scale` is the share of the maps. */
export async function runArea(scale: number, { onStep }: RowsListener): Promise<string> {
  const { cores } = examineMachine();
  const count = Math.max(2, Math.round(maps * scale));
  const redis = await startRedis(cores.others);
  const figures: Figures[] = [];
  const ways = [
    { name: `a box each, ${count} maps`, areas: boxes(count) },
    { name: `everybody gets all, ${count} maps`, areas: boxes(count).map(() => city) },
  ];
  try {
    for (const { name, areas } of ways) {
      onStep(name);
      figures.push({ name, ...(await measure(redis, cores.server, areas)) });
    }
  } finally {
    await redis.stop();
  }
  return format(figures);
}

const measure = (
  redis: RedisServer,
  core: number | null,
  areas: ReturnType<typeof boxes>,
): Promise<Omit<Figures, 'name'>> =>
  watched({ redis, core, query: mapQuery, each: areas.map(areaOf) }, driveAndCount);

async function driveAndCount({ port, pid, eventLog, watching }: Watched): Promise<Omit<Figures, 'name'>> {
  const fleet = new Fleet(eventLog, ambulances);
  try {
    const driving = fleet.drive();
    // What fails on the way is thrown where it is awaited.
    driving.catch(() => undefined);
    await sleep(warmUpMs);
    watching.take();
    const executions = () => readMetric(port, 'dispatch_executions_total');
    const writes = () => readMetric(port, 'dispatch_socket_writes_total');
    const [cpu, executed, written, told, began] = [
      readCpuSeconds(pid),
      await executions(),
      await writes(),
      fleet.positions,
      performance.now(),
    ];
    await sleep(windowMs);
    const { deliveries, bytes, ...latencies } = watching.take();
    const seconds = (performance.now() - began) / 1_000;
    const used = readCpuSeconds(pid) - cpu;
    const events = fleet.positions - told;
    const executionsPerEvent = ((await executions()) - executed) / events;
    const deliveriesPerWrite = deliveries / ((await writes()) - written);
    fleet.stop();
    await driving;
    return {
      ...{
        cpuShare: used / seconds,
        bytesPerSecond: bytes / seconds,
        deliveriesPerSecond: deliveries / seconds,
      },
      ...{
        executionsPerEvent,
        deliveriesPerWrite,
        appendsPerPosition: fleet.appends / fleet.positions,
        ...latencies,
      },
    };
  } finally {
    fleet.stop();
  }
}

function format(figures: readonly Figures[]): string {
  const ms = (value: number | null) => (value === null ? '–' : `${value.toFixed(1)} ms`);
  return [
    '| way | of a core | MB/s to clients | deliveries/s | deliveries for a write | executions for a position | p50 | p99 | appends for a position |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...figures.map((row) => {
      const { cpuShare, bytesPerSecond, deliveriesPerSecond, deliveriesPerWrite } = row;
      const { executionsPerEvent, appendsPerPosition } = row;
      const cells = [
        ...[row.name, `${Math.round(cpuShare * 100)} %`, (bytesPerSecond / 1e6).toFixed(1)],
        ...[Math.round(deliveriesPerSecond).toLocaleString('en'), deliveriesPerWrite.toFixed(2)],
        executionsPerEvent.toFixed(2),
        ...[ms(row.p50Ms), ms(row.p99Ms), appendsPerPosition.toFixed(2)],
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ].join('\n');
}
