/** Breaks and freezes servers, breaks PostgreSQL, Redis and the ways of clients, at times and in an order that a seed decides. */
import { setTimeout as sleep } from 'node:timers/promises';
import { between, createRandom, hashText, type Random } from '../../src/cli/replay/random.ts';
import type { Cluster, SharedStores } from './cluster.ts';
import { faultsOf, type FaultKind, type PathFault } from './fault-kinds.ts';
import type { FaultLog } from './fault-log.ts';

const serverFaults = [...faultsOf.processes, ...faultsOf.drains] as const;
type ServerFault = (typeof serverFaults)[number];
const redisFaults = ['redis killed', 'pubsub clients killed', 'redis asleep', 'redis emptied'] as const;
type RedisFault = (typeof faultsOf.redis)[number];

export interface FaultOptions {
  readonly cluster: Cluster;
  readonly seed: number;
  /** How many are caused at the least. */
  readonly faults: number;
  /** Where they are noted. */
  readonly log: FaultLog<FaultKind>;
  /** Whether faults of this kind may be caused. */
  mayCause(kind: FaultKind): boolean;
  /** Breaks the ways of a share (0 to 1) of all clients, each for up to `ms`. */
  breakPaths(kind: PathFault, share: number, ms: number, random: Random): readonly Promise<void>[];
}

/**
 * The longest that a process and a way stand still, milliseconds, and the largest share of ways that break at once. A run of a few
 * faults has no time for long ones. In a long one clients have service in between: who never has any shows nothing.
 */
const measures = {
  short: { frozenMs: 5_000, silentMs: 5_000, share: 0.2 },
  long: { frozenMs: 20_000, silentMs: 60_000, share: 0.08 },
} as const;
/** From so many faults on, a run is a long one. */
const longRun = 200;

/** Faults of one kind, one after the other. Those of other lanes happen at the same time. */
interface Lane {
  readonly name: string;
  /** The shortest and the longest time between two faults. */
  readonly pauseMs: readonly [number, number];
  /** The least number of faults. */
  readonly atLeast: number;
  breakOne(random: Random): Promise<void>;
}

/** Causes faults until there were enough, and each kind has happened, then waits until everything is up again. */
export async function runFaults(options: FaultOptions): Promise<void> {
  const { cluster, faults } = options;
  const ending: Promise<void>[] = [];
  const until = (fault: Promise<void>) => {
    // A failure is thrown at the end, where all of `ending` is awaited; until then it must not be an unhandled rejection.
    fault.catch(() => undefined);
    ending.push(fault);
  };
  const measure = measures[faults < longRun ? 'short' : 'long'];
  const lanes = [
    serverLane(options, measure.frozenMs, until),
    pathLane(options, measure, until),
    ...(cluster.stores ? [postgresLane(options, cluster.stores), redisLane(options, cluster.stores)] : []),
  ];
  await Promise.all(lanes.filter(({ atLeast }) => atLeast > 0).map((lane) => run(lane, options)));
  await Promise.all(ending);
}

async function run(
  { name, pauseMs, atLeast, breakOne }: Lane,
  { seed, faults, log }: FaultOptions,
): Promise<void> {
  // Random numbers of its own: the time that one lane takes must not change what another one does.
  const random = createRandom(hashText(`${seed} ${name}`));
  for (let done = 0; done < atLeast || log.size < faults; done += 1) {
    await sleep(between(random, ...pauseMs));
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

type Until = (fault: Promise<void>) => void;

function serverLane({ cluster, log, mayCause }: FaultOptions, longestMs: number, until: Until): Lane {
  const kinds = serverFaults.filter(mayCause);
  const draw = drawInRounds(kinds);
  let startedMs = 0;
  return {
    name: 'servers',
    pauseMs: [1_000, 3_500],
    atLeast: kinds.length,
    async breakOne(random) {
      const kind = draw(random);
      // On a busy machine a start takes long: they are up for as long as it took.
      await sleep(startedMs);
      // Longer than a turn to relay lasts.
      const ms = kind === 'server frozen' ? between(random, 500, longestMs) : between(random, 0, 1_500);
      // With all of them down, little of what happens then is tested.
      const keep = cluster.places.length === 1 || random() < 0.1 ? 0 : 1;
      const first = Math.floor(random() * cluster.places.length);
      const order = cluster.places.map((_, at) => (first + at) % cluster.places.length);
      const up = () => order.filter((place) => cluster.places[place]!.isUp);
      while (up().length <= keep) await sleep(100);
      const broken = breakServer(cluster, up()[0]!, kind, ms, log).then((took) => void (startedMs = took));
      until(broken);
      if (keep === 0) await broken;
    },
  };
}

/** Resolves when it is as it was, with how long the start took. */
async function breakServer(
  cluster: Cluster,
  index: number,
  kind: ServerFault,
  ms: number,
  log: FaultLog<FaultKind>,
): Promise<number> {
  const over = log.begin(kind);
  let startedMs = 0;
  if (kind === 'server frozen') {
    cluster.freezeServer(index);
    await sleep(ms);
    cluster.thawServer(index);
  } else {
    await cluster.endServer(index, kind === 'server drained' ? 'SIGTERM' : 'SIGKILL');
    await sleep(ms);
    const began = performance.now();
    await cluster.startServer(index, { onNewPort: kind === 'server moved' });
    startedMs = performance.now() - began;
  }
  over();
  return startedMs;
}

function pathLane(
  { log, mayCause, breakPaths }: FaultOptions,
  { silentMs, share }: { readonly silentMs: number; readonly share: number },
  until: Until,
): Lane {
  const kinds = faultsOf.paths.filter(mayCause);
  const draw = drawInRounds(kinds);
  return {
    name: 'paths',
    pauseMs: [400, 2_000],
    atLeast: kinds.length,
    breakOne(random) {
      const kind = draw(random);
      const over = log.begin(kind);
      // Most are short, a few as long as there are.
      const ms = 100 + (silentMs - 100) * random() ** 3;
      const broken = breakPaths(kind, between(random, 0.01, share), ms, random);
      until(Promise.all(broken).then(over));
      return Promise.resolve();
    },
  };
}

/** Its standby takes its place, or it crashes and is started again. */
function postgresLane({ log, mayCause }: FaultOptions, { postgres }: SharedStores): Lane {
  const kinds = faultsOf.postgres.filter(mayCause);
  const draw = drawInRounds(kinds);
  return {
    name: 'postgres',
    pauseMs: [3_000, 8_000],
    atLeast: kinds.length,
    async breakOne(random) {
      const kind = draw(random);
      const over = log.begin(kind);
      if (kind === 'postgres failed over' && (await postgres.failOver())) return over();
      await postgres.kill();
      await sleep(between(random, 0, 2_000));
      await postgres.restart();
      over();
    },
  };
}

function redisLane({ log, mayCause }: FaultOptions, { redis }: SharedStores): Lane {
  const kinds: readonly RedisFault[] = redisFaults.filter(mayCause);
  const draw = drawInRounds(kinds);
  return {
    name: 'redis',
    pauseMs: [300, 3_000],
    atLeast: kinds.length,
    async breakOne(random) {
      const kind = draw(random);
      const over = log.begin(kind);
      await breakRedis(redis, kind, random());
      over();
    },
  };
}

async function breakRedis(redis: SharedStores['redis'], kind: RedisFault, chance: number): Promise<void> {
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
