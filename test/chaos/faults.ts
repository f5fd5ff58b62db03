/** Owns the faults: what is broken, when, and in which order, all of it decided by a seed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { between, createRandom, hashText, type Random } from '../../src/cli/replay/random.ts';
import type { Cluster } from './cluster.ts';

export const faultKinds = [
  'server killed',
  'server moved',
  'redis killed',
  'redis emptied',
  'pubsub clients killed',
  'redis asleep',
  'sockets cut',
] as const;
export type FaultKind = (typeof faultKinds)[number];

const redisFaults = ['redis killed', 'pubsub clients killed', 'redis asleep'] as const;
type RedisFault = (typeof redisFaults)[number] | 'redis emptied';

export interface FaultOptions {
  readonly cluster: Cluster;
  readonly seed: number;
  readonly durationMs: number;
  /** Whether losing what Redis holds is one of the faults. */
  readonly mayEmptyRedis: boolean;
  /** Cuts the sockets of a share of all subscribers, from 0 to 1. Returns how many there were. */
  cutSockets(share: number, random: Random): number;
}

/** Faults of one family, one after the other, beside those of the others. */
interface Lane {
  readonly name: string;
  /** Between two faults, milliseconds. */
  readonly pauseMs: readonly [number, number];
  /** How many there are, however long they take. */
  readonly atLeast: number;
  breakOne(random: Random): Promise<void>;
}

type Count = (kind: FaultKind, by?: number) => void;

/**
 * Breaks servers, Redis and sockets side by side until the time is over and each kind has happened, then waits until
 * everything is up again. Resolves with how often each kind happened.
 */
export async function runFaults(options: FaultOptions): Promise<ReadonlyMap<FaultKind, number>> {
  const { cluster, mayEmptyRedis, cutSockets } = options;
  const counts = new Map<FaultKind, number>();
  const count: Count = (kind, by = 1) => void counts.set(kind, (counts.get(kind) ?? 0) + by);
  const starting: Promise<void>[] = [];
  const kinds: readonly RedisFault[] = mayEmptyRedis ? [...redisFaults, 'redis emptied'] : redisFaults;
  const drawKind = shuffledAgainAndAgain(kinds);
  const lanes: readonly Lane[] = [
    {
      name: 'servers',
      pauseMs: [1_500, 5_000],
      atLeast: 1,
      breakOne: (random) => breakServer(cluster, random, count, starting),
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
  // Chances of its own: how long one lane takes does not decide what another does.
  const random = createRandom(hashText(`${seed} ${name}`));
  const end = Date.now() + durationMs;
  for (let done = 0; ; done += 1) {
    const pause = between(random, ...pauseMs);
    if (Date.now() + pause >= end && done >= atLeast) return;
    await sleep(pause);
    await breakOne(random);
  }
}

/** Draws all of them before any comes again: none is left out of a short run. */
function shuffledAgainAndAgain<T>(all: readonly T[]): (random: Random) => T {
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
  const isUp = (place: number) => cluster.places[place]!.isUp;
  // With nobody left to talk to, nothing that follows would be worth looking at.
  if (!isUp(index) || !cluster.places.some((_, other) => other !== index && isUp(other))) return;
  await cluster.killServer(index);
  count(onNewPort ? 'server moved' : 'server killed');
  const started = sleep(downMs).then(() => cluster.startServer(index, { onNewPort }));
  // Looked at in the end, by whoever waits for it.
  started.catch(() => undefined);
  starting.push(started);
}

async function breakRedis({ redis }: Cluster, kind: RedisFault, random: Random, count: Count): Promise<void> {
  const chance = random();
  count(kind);
  switch (kind) {
    case 'redis killed':
      await redis.kill();
      // Mostly a restart; now and then longer than any command waits.
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
