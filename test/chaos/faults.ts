/** Breaks and freezes servers, breaks PostgreSQL, Redis and sockets, at times and in an order that a seed decides. */
import { setTimeout as sleep } from 'node:timers/promises';
import { between, createRandom, hashText, type Random } from '../../src/cli/replay/random.ts';
import type { Cluster } from './cluster.ts';

export const faultKinds = [
  'server killed',
  'server moved',
  'server frozen',
  'postgres killed',
  'postgres failed over',
  'redis killed',
  'redis emptied',
  'pubsub clients killed',
  'redis asleep',
  'sockets cut',
] as const;
export type FaultKind = (typeof faultKinds)[number];

const postgresFaults = ['postgres killed', 'postgres failed over'] as const;
const redisFaults = ['redis killed', 'pubsub clients killed', 'redis asleep'] as const;
type RedisFault = (typeof redisFaults)[number] | 'redis emptied';

export interface FaultOptions {
  readonly cluster: Cluster;
  readonly seed: number;
  readonly durationMs: number;
  /** Whether Redis may be emptied. */
  readonly mayEmptyRedis: boolean;
  /** Cuts the sockets of a share (0 to 1) of all subscribers. Returns how many. */
  cutSockets(share: number, random: Random): number;
}

/** Faults of one kind, one after the other. Those of other lanes happen at the same time. */
interface Lane {
  readonly name: string;
  /** The shortest and the longest time between two faults. */
  readonly pauseMs: readonly [number, number];
  /** The least number of faults, however long they take. */
  readonly atLeast: number;
  breakOne(random: Random): Promise<void>;
}

type Count = (kind: FaultKind, by?: number) => void;

/**
 * Causes faults until the time is over and each kind has happened, then waits until everything is up again. Resolves with how
 * often each kind happened.
 */
export async function runFaults(options: FaultOptions): Promise<ReadonlyMap<FaultKind, number>> {
  const { cluster, mayEmptyRedis, cutSockets } = options;
  const counts = new Map<FaultKind, number>();
  const count: Count = (kind, by = 1) => void counts.set(kind, (counts.get(kind) ?? 0) + by);
  const starting: Promise<void>[] = [];
  const kinds: readonly RedisFault[] = mayEmptyRedis ? [...redisFaults, 'redis emptied'] : redisFaults;
  const drawKind = drawInRounds(kinds);
  const drawPostgresKind = drawInRounds(postgresFaults);
  const lanes: readonly Lane[] = [
    {
      name: 'servers',
      pauseMs: [1_500, 5_000],
      atLeast: 1,
      breakOne: (random) => breakServer(cluster, random, count, starting),
    },
    {
      name: 'postgres',
      pauseMs: [3_000, 8_000],
      atLeast: postgresFaults.length,
      breakOne: (random) => breakPostgres(cluster, drawPostgresKind(random), random, count),
    },
    {
      name: 'redis',
      pauseMs: [300, 3_000],
      atLeast: kinds.length,
      breakOne: (random) => breakRedis(cluster, drawKind(random), random, count),
    },
    {
      name: 'sockets',
      pauseMs: [200, 1_500],
      atLeast: 1,
      breakOne: async (random) => count('sockets cut', cutSockets(between(random, 0.01, 0.2), random)),
    },
  ];
  await Promise.all(lanes.map((lane) => run(lane, options)));
  await Promise.all(starting);
  return counts;
}

async function run(
  { name, pauseMs, atLeast, breakOne }: Lane,
  { seed, durationMs }: FaultOptions,
): Promise<void> {
  // Random numbers of its own: the time that one lane takes must not change what another one does.
  const random = createRandom(hashText(`${seed} ${name}`));
  const end = Date.now() + durationMs;
  for (let done = 0; ; done += 1) {
    const pause = between(random, ...pauseMs);
    if (Date.now() + pause >= end && done >= atLeast) return;
    await sleep(pause);
    await breakOne(random);
  }
}

/** Draws each of them once before any comes again, so that a short run has them all. */
function drawInRounds<T>(all: readonly T[]): (random: Random) => T {
  let left: T[] = [];
  return (random) => {
    if (left.length === 0) left = [...all];
    return left.splice(Math.floor(random() * left.length), 1)[0]!;
  };
}

async function breakServer(
  cluster: Cluster,
  random: Random,
  count: Count,
  starting: Promise<void>[],
): Promise<void> {
  const index = Math.floor(random() * cluster.places.length);
  const downMs = between(random, 0, 1_500);
  const onNewPort = random() < 0.3;
  const isFrozen = random() < 0.3;
  // Longer than a turn to relay lasts, and shorter than clients wait for an answer.
  const frozenMs = between(random, 500, 5_000);
  const isUp = (place: number) => cluster.places[place]!.isUp;
  // One process must stay up: with all of them down, nothing that happens then would be tested.
  if (!isUp(index) || !cluster.places.some((_, other) => other !== index && isUp(other))) return;
  if (isFrozen) {
    count('server frozen');
    cluster.freezeServer(index);
    starting.push(sleep(frozenMs).then(() => cluster.thawServer(index)));
    return;
  }
  await cluster.killServer(index);
  count(onNewPort ? 'server moved' : 'server killed');
  const started = sleep(downMs).then(() => cluster.startServer(index, { onNewPort }));
  // A failure is thrown at the end, where all of `starting` is awaited; until then it must not be an unhandled rejection.
  started.catch(() => undefined);
  starting.push(started);
}

/** Its standby takes its place, or it crashes and is started again. */
async function breakPostgres(
  { postgres }: Cluster,
  kind: (typeof postgresFaults)[number],
  random: Random,
  count: Count,
): Promise<void> {
  if (kind === 'postgres failed over' && (await postgres.failOver())) return count(kind);
  count('postgres killed');
  await postgres.kill();
  await sleep(between(random, 0, 2_000));
  await postgres.restart();
}

async function breakRedis({ redis }: Cluster, kind: RedisFault, random: Random, count: Count): Promise<void> {
  const chance = random();
  count(kind);
  switch (kind) {
    case 'redis killed':
      await redis.kill();
      // Mostly a short restart; now and then longer than any command waits.
      await sleep(3_500 * chance ** 2);
      return redis.restart();
    case 'redis emptied':
      return void (await redis.client.flushall());
    case 'pubsub clients killed':
      return void (await redis.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
    case 'redis asleep':
      return void (await redis.client.call('DEBUG', 'SLEEP', (1 + chance).toFixed(2)));
  }
}
