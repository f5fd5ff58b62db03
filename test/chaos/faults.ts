/** Owns the faults: what is broken, when, and in which order, all of it decided by a seed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { between, createRandom, hashText, pick, type Random } from '../../src/cli/replay/random.ts';
import type { Cluster } from './cluster.ts';

export const faultKinds = [
  'server killed',
  'server on a new port',
  'redis killed',
  'redis emptied',
  'pubsub clients killed',
  'redis asleep',
  'sockets cut',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface FaultOptions {
  readonly cluster: Cluster;
  readonly seed: number;
  readonly durationMs: number;
  /** Whether losing what Redis holds is one of the faults. */
  readonly mayEmptyRedis: boolean;
  /** Cuts the sockets of a share of all subscribers, from 0 to 1. Returns how many there were. */
  cutSockets(share: number, random: Random): number;
}

/**
 * Breaks servers, Redis and sockets side by side until the time is over, then waits until everything is up again.
 * Resolves with how often each kind of fault happened.
 */
export async function runFaults(options: FaultOptions): Promise<ReadonlyMap<FaultKind, number>> {
  const end = Date.now() + options.durationMs;
  const counts = new Map<FaultKind, number>();
  const count = (kind: FaultKind, by = 1) => void counts.set(kind, (counts.get(kind) ?? 0) + by);
  // Each has chances of its own: how long one took does not decide what another does.
  const lane = async (
    name: string,
    pauseMs: [number, number],
    breakOne: (random: Random) => Promise<void>,
  ) => {
    const random = createRandom(hashText(`${options.seed} ${name}`));
    for (;;) {
      const pause = between(random, ...pauseMs);
      if (Date.now() + pause >= end) return;
      await sleep(pause);
      await breakOne(random);
    }
  };
  const starting: Promise<void>[] = [];
  await Promise.all([
    lane('servers', [1_500, 5_000], (random) => breakServer(options, random, count, starting)),
    lane('redis', [1_000, 4_000], (random) => breakRedis(options, random, count)),
    lane('sockets', [200, 1_500], async (random) => {
      count('sockets cut', options.cutSockets(between(random, 0, 0.25), random));
      return Promise.resolve();
    }),
  ]);
  await Promise.all(starting);
  return counts;
}

type Count = (kind: FaultKind) => void;

async function breakServer(
  { cluster }: FaultOptions,
  random: Random,
  count: Count,
  starting: Promise<void>[],
): Promise<void> {
  const index = Math.floor(random() * cluster.places.length);
  const downMs = between(random, 0, 1_500);
  const onNewPort = random() < 0.3;
  // With nobody left to talk to, nothing that follows would be worth looking at.
  if (!cluster.places.some(({ isUp }, other) => isUp && other !== index) || !cluster.places[index]!.isUp)
    return;
  await cluster.killServer(index);
  count(onNewPort ? 'server on a new port' : 'server killed');
  const start = async () => {
    await sleep(downMs);
    await cluster.startServer(index, { onNewPort });
  };
  const started = start();
  // Looked at in the end, by whoever waits for it.
  started.catch(() => undefined);
  starting.push(started);
}

async function breakRedis(
  { cluster, mayEmptyRedis }: FaultOptions,
  random: Random,
  count: Count,
): Promise<void> {
  const { redis } = cluster;
  const chance = between(random, 0, 1);
  const kind = pick(random, [
    'redis killed',
    'pubsub clients killed',
    'redis asleep',
    mayEmptyRedis ? 'redis emptied' : 'redis killed',
  ] as const);
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
