/** Measures what more processes of this service on one Redis cost: each with a part of the topics, with none, and all with the board. */
import { tPostgres } from '../../../test/support/postgres.ts';
import { boardOperation, boardOperationName, operation, operationName } from '../../dispatch-event.ts';
import type { Subscribing } from '../../load/load.ts';
import type { Machine } from '../../machine.ts';
import { readAvailableMb } from '../../proc.ts';
import { startRedis } from '../../redis-server.ts';
import { manyFanOut } from '../../workloads/many.ts';
import { scaleFanOut, type FanOut } from '../../workloads/fan-out.ts';
import { scaled } from '../../workloads/workload.ts';
import type { RowsListener } from '../rows.ts';
import { Cluster } from './cluster.ts';
import { measureScene, type Scene, type SceneFigures } from './measure.ts';
import { formatScale } from './table.ts';

/** Of these as many as there is memory for; the last one follows the board alone. */
const processCounts = [1, 2, 4, 10];
const mostWithParts = 4;
/** A process of the service with its part of the sockets, and the process of its clients. */
const neededMbEach = 450;

/** Boards, whose sockets are shared out among the processes: each process has to follow the one topic of all changes. */
const boards = { sockets: 200, eventsPerSecond: 200 };

/** So many processes have room in this much memory. One always runs. */
export const countsWithin = (availableMb: number) =>
  processCounts.filter((count) => count === 1 || count * neededMbEach <= availableMb);

/** Prints nothing; resolves with the table, Markdown. `scale` is the share of sockets, topics and rates. */
export async function runScale(scale: number, machine: Machine, { onStep }: RowsListener): Promise<string> {
  const many = scaleFanOut(manyFanOut, scale);
  const board = {
    sockets: scaled(boards.sockets, scale),
    eventsPerSecond: scaled(boards.eventsPerSecond, scale),
  };
  const counts = countsWithin(readAvailableMb());
  const figures: SceneFigures[] = [];
  const redis = await startRedis(machine.cores.others);
  const postgres = await tPostgres();
  try {
    for (const processes of counts) {
      await redis.empty();
      await using cluster = await Cluster.start({
        ...{ processes, cores: machine.cores, redisUrl: redis.url, dispatches: many.topics },
        ...{ databaseUrl: await postgres.createDatabase(), sockets: many.sockets },
      });
      for (const scene of scenesOf(processes, many, board)) {
        onStep(`${scene.name}: ${processes} ${processes === 1 ? 'process' : 'processes'}`);
        figures.push(await measureScene(cluster, scene, redis.pid, scale));
      }
    }
  } finally {
    await postgres.stop();
    await redis.stop();
  }
  return formatScale(figures, Math.max(...counts) < Math.max(...processCounts) ? Math.max(...counts) : null);
}

/** Who watches what, of so many processes. */
export function scenesOf(processes: number, many: FanOut, board: typeof boards): Scene[] {
  const all = Array.from({ length: processes }, (_, member) => member);
  const rate = { topics: many.topics, eventsPerSecond: many.eventsPerSecond };
  const partOf = (member: number): Subscribing => {
    const [first, next] = [member, member + 1].map((at) => Math.round((at * many.topics) / processes));
    const topics = Math.max(1, next! - first!);
    return { query: operation, operationName, topics, firstTopic: first! + 1, perSocket: 1 };
  };
  const whole: Subscribing = { query: operation, operationName, topics: many.topics, perSocket: 1 };
  const parts: Scene = {
    ...{ name: 'each watches a part', ...rate },
    audiences: all.map((member) => ({
      member,
      sockets: share(many.sockets, processes),
      subscribing: partOf(member),
    })),
    watchersPerEvent: many.sockets / many.topics,
  };
  const one: Scene = {
    ...{ name: 'one watches all, the others nothing', ...rate },
    audiences: [{ member: 0, sockets: many.sockets, subscribing: whole }],
    watchersPerEvent: many.sockets / many.topics,
  };
  const onBoard: Subscribing = { ...whole, query: boardOperation, operationName: boardOperationName };
  const sockets = share(board.sockets, processes);
  const boardScene: Scene = {
    ...{ name: 'all watch the board', topics: many.topics, eventsPerSecond: board.eventsPerSecond },
    watchersPerEvent: sockets * processes,
    audiences: all.map((member) => ({ member, sockets, subscribing: onBoard })),
  };
  if (processes > mostWithParts) return [boardScene];
  // A process goes on following for a while what its clients have left: those who watch nothing come first.
  return processes > 1 ? [one, parts, boardScene] : [parts, boardScene];
}

const share = (count: number, processes: number) => Math.max(1, Math.round(count / processes));
