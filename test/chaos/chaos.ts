/** Runs cluster, writer, audiences and faults together, and says which promises of the service were broken. */
import type { Release } from '../support/release-tree.ts';
import { Audience } from './audience.ts';
import { Cluster, type SetUp } from './cluster.ts';
import type { FaultKind } from './fault-kinds.ts';
import { FaultLog } from './fault-log.ts';
import { runFaults } from './faults.ts';
import { reviewReceipts, type ReceiptReview } from './receipts.ts';
import { relevantLines, reviewLog, type LogReview } from './server-log.ts';
import { StockAudience } from './stock-audience.ts';
import type { StockVerdict } from './stock-verdict.ts';
import { judge, type Law } from './verdict.ts';
import { Writer } from './writer.ts';

const lanes = 12;

/** How many clients there are of each sort: those with cursors, beside one that follows for each lane. */
const sizes = {
  full: { watchers: 26, onBoard: 12, patient: 200, sources: 50, plain: 20 },
  small: { watchers: 12, onBoard: 6, patient: 36, sources: 12, plain: 6 },
} as const;
/** Beside a release that keeps neither places nor receipts, clients that keep no cursor may miss what they were away for. */
const cursorsAlone = { patient: 0, sources: 0, plain: 0 } as const;
/** Once nothing is broken any more, all subscribers must catch up within this time. */
const catchUpMs = 120_000;
/** Stock clients wait for longer after each attempt that fails. */
const comeBackMs = 180_000;

/** What is broken, and what has to hold nevertheless. */
export const setUps = {
  /**
   * Redis writes to the disk before it answers (`appendfsync always`). It would not hold with `everysec`: while an fsync is under way,
   * Redis answers before it has written, so that even the kill of its process can lose the writes of up to two seconds.
   */
  durable: { setUp: 'cluster', law: 'nothing is lost', lossy: [] },
  /** Redis comes back empty. */
  emptied: { setUp: 'cluster', law: 'nobody is behind', lossy: ['redis emptied', 'redis killed'] },
  /** One process, whose memory is lost with it. */
  embedded: {
    ...{ setUp: 'embedded', law: 'nobody is behind' },
    lossy: ['server killed', 'server moved', 'server drained'],
  },
} as const satisfies Record<
  string,
  { readonly setUp: SetUp; readonly law: Law; readonly lossy: readonly FaultKind[] }
>;
export type SetUpName = keyof typeof setUps;

export interface ChaosOptions {
  readonly seed: number;
  /** How many faults are caused at the least. */
  readonly faults: number;
  readonly size: keyof typeof sizes;
  readonly setUp: SetUpName;
  /** Runs in half of the places, in turn with what is there: each start of a process is an update, or takes one back. */
  readonly beside?: Omit<Release, typeof Symbol.dispose>;
  /** Called with the number of faults at each. */
  readonly onFault?: (count: number) => void;
}

export interface Outcome {
  /** Broken promises of the service, one sentence each. */
  readonly offences: readonly string[];
  /** Log lines that may explain them. */
  readonly evidence: readonly string[];
  readonly faults: ReadonlyMap<FaultKind, number>;
  readonly tookMs: number;
  /** The newest version of each dispatch. */
  readonly latest: ReadonlyMap<string, number>;
  readonly writer: Writer['figures'];
  readonly subscribers: number;
  readonly audience: Audience['figures'];
  readonly stockClients: StockAudience['figures'] & { readonly size: number };
  readonly stockVerdict: StockVerdict;
  readonly receipts: ReceiptReview;
  readonly log: LogReview;
  /** The time from the last write, with everything up again, until all subscribers had seen it. */
  readonly caughtUpMs: number;
  /** The same until all stock clients had seen a later one. */
  readonly liveMs: number;
}

/** What is broken, and all who write and watch. */
interface Run {
  readonly options: ChaosOptions;
  readonly cluster: Cluster;
  readonly writer: Writer;
  readonly audience: Audience;
  readonly stockClients: StockAudience;
  readonly faults: FaultLog<FaultKind>;
  readonly offences: string[];
}

export async function runChaos(options: ChaosOptions): Promise<Outcome> {
  const { seed, size, setUp, beside, onFault } = options;
  const { lossy, setUp: of } = setUps[setUp];
  const { watchers, onBoard, ...everybody } = sizes[size];
  const stock = beside?.keepsPlaces === false ? cursorsAlone : everybody;
  await using cluster = await Cluster.start({
    ...{ setUp: of, isRedisDurable: lossy.length === 0, otherProgram: beside?.program },
  });
  const followerOf = (lane: number) => `follower-${lane}`;
  using writer = new Writer({ cluster, seed, lanes, followerOf });
  await using audience = await Audience.start({ cluster, writer, seed, watchers, onBoard, followerOf });
  await using stockClients = await StockAudience.start({ cluster, seed, ...stock });
  const faults = new FaultLog<FaultKind>(onFault);
  const run = { options, cluster, writer, audience, stockClients, faults, offences: [] };
  const tookMs = await breakAll(run);
  const calm = await untilCalm(run);
  return { tookMs, ...calm, ...(await judgeAll(run, calm.latest)) };
}

/** A release that is beside this one need not stand what it was never tried with; that its processes are drained is a part of an update. */
function mayCause({ setUp, beside }: ChaosOptions, kind: FaultKind): boolean {
  if (kind === 'redis emptied' && setUps[setUp].lossy.length === 0) return false;
  return !beside || kind === 'server drained' || beside.chaosText.includes(`'${kind}'`);
}

/** Resolves when all faults are over and nothing more is written but for stock clients, with how long there were faults. */
async function breakAll({ options, cluster, writer, audience, stockClients, faults, offences }: Run) {
  const writing = writer.write();
  // Dealt with where it is awaited; until then it must not be an unhandled rejection.
  writing.catch(() => undefined);
  const began = performance.now();
  await runFaults({
    ...{ cluster, seed: options.seed, faults: options.faults, log: faults },
    mayCause: (kind) => mayCause(options, kind),
    breakPaths: (...fault) => [...audience.breakPaths(...fault), ...stockClients.breakPaths(...fault)],
  });
  const tookMs = performance.now() - began;
  writer.finish();
  await writing.catch((error: unknown) => offences.push(`the writer: ${String(error)}`));
  return tookMs;
}

/** Resolves when all have caught up, or had the time for it. */
async function untilCalm({ cluster, audience, stockClients, offences }: Run) {
  const calmSince = performance.now();
  const latest = await readVersions(cluster);
  // It goes on being changed, for stock clients alone.
  latest.delete(stockClients.marker.id);
  const [caughtUpMs, liveMs] = await Promise.all([
    audience.untilAllHaveSeen(latest, catchUpMs).then(() => performance.now() - calmSince),
    stockClients.untilAllAreLive(comeBackMs).then((complaints) => {
      offences.push(...complaints);
      return performance.now() - calmSince;
    }),
  ]);
  await stockClients.marker.finish();
  return { latest, caughtUpMs, liveMs };
}

async function judgeAll(run: Run, latest: ReadonlyMap<string, number>) {
  const { options, cluster, writer, audience, stockClients, faults, offences } = run;
  const { law, lossy } = setUps[options.setUp];
  const everything = await readVersions(cluster);
  const stockVerdict = await stockClients.verdict(everything, { faults, lossy, timeoutMs: catchUpMs });
  const receipts = await reviewReceipts({
    ...{ app: cluster.client, seed: options.seed, latest: everything },
    ...(options.beside?.keepsPlaces === false && { sampleSize: 0 }),
    witnesses: [
      ...audience.subscribers.map((client) => ({ client, faults, stays: false })),
      ...stockClients.clients.map((client) => ({ client, faults, stays: true })),
    ],
  });
  const log = reviewLog(cluster.lines(), options.beside?.chaosText);
  offences.push(
    ...writer.lives
      .filter(({ id, version }) => latest.get(id) !== version)
      .map(
        ({ id, version }) =>
          `dispatch ${id} is in version ${latest.get(id)}, and ${version} was acknowledged`,
      ),
    ...stockVerdict.complaints,
    ...receipts.complaints,
    ...audience.stories(latest).flatMap((story) => judge(story, law)),
    ...audience.failures,
    ...cluster.deaths.map((death) => `a process ended by itself: ${death}`),
    ...log.unexplained.map((line) => `nothing explains this log line: ${line}`),
  );
  const suspects = new Set(offences.flatMap((offence) => /dispatch (\d+)/.exec(offence)?.[1] ?? []));
  const evidence = offences.length > 0 ? relevantLines(cluster.lines(), suspects) : [];
  return { offences, evidence, stockVerdict, receipts, log, ...figuresOf(run) };
}

const figuresOf = ({ writer, audience, stockClients, faults }: Run) => ({
  faults: faults.counts,
  writer: writer.figures,
  subscribers: audience.size,
  audience: audience.figures,
  stockClients: { ...stockClients.figures, size: stockClients.clients.length },
});

/** The newest version of every dispatch. */
async function readVersions(cluster: Cluster): Promise<Map<string, number>> {
  const limit = 500;
  const latest = new Map<string, number>();
  for (let offset = 0; ; offset += limit) {
    const query =
      'query ($limit: Int!, $offset: Int!) { despachos(limit: $limit, offset: $offset) { id version } }';
    const { data } = await cluster.client.ask<{ despachos: { id: string; version: number }[] }>(query, {
      limit,
      offset,
    });
    for (const { id, version } of data!.despachos) latest.set(id, version);
    if (data!.despachos.length < limit) return latest;
  }
}
