/** Runs cluster, writer, audience and faults together, and says which promises of the service were broken. */
import { Audience } from './audience.ts';
import { Cluster } from './cluster.ts';
import { runFaults, type FaultKind } from './faults.ts';
import { relevantLines, reviewLog, type LogReview } from './server-log.ts';
import { StockAudience } from './stock-audience.ts';
import type { StockVerdict } from './stock-verdict.ts';
import { judge, type Law } from './verdict.ts';
import { Writer } from './writer.ts';

const lanes = 12;
/** With those who follow, one for each lane, a hundred that keep their cursors. */
const watchers = 71;
const onBoard = 17;
/** As many that do not, and beside them some with fewer options. */
const stock = { patient: 100, plain: 20 } as const;
/** Once nothing is broken any more, all subscribers must catch up within this time. */
const catchUpMs = 45_000;
/** Stock clients wait for longer after each attempt that fails. */
const comeBackMs = 120_000;

export interface ChaosOptions {
  readonly seed: number;
  /** How long faults are caused. */
  readonly durationMs: number;
  /**
   * `nothing is lost` holds with a Redis that writes to the disk before it answers (`appendfsync always`). It does not hold with
   * `everysec`: while an fsync is under way, Redis answers before it has written, so that even the kill of its process can lose
   * the writes of up to two seconds.
   *
   * `nobody is behind` holds with a Redis that comes back empty, too.
   */
  readonly law: Law;
}

export interface Outcome {
  /** Broken promises of the service, one sentence each. */
  readonly offences: readonly string[];
  /** Log lines that may explain them. */
  readonly evidence: readonly string[];
  readonly faults: ReadonlyMap<FaultKind, number>;
  readonly dispatches: number;
  readonly writer: Writer['figures'];
  readonly subscribers: number;
  readonly audience: Audience['figures'];
  readonly stockClients: StockAudience['figures'] & { readonly size: number; readonly liveMs: number };
  /** Null where the law does not say that nothing is lost. */
  readonly stockVerdict: StockVerdict | null;
  /** Gaps in followed topics, as counted by the processes that are alive at the end: filled from the log, or lost. */
  readonly gaps: { readonly healed: number; readonly lost: number };
  readonly log: LogReview;
  /** The time from the last write, with everything up again, until all subscribers had seen it. */
  readonly caughtUpMs: number;
}

export async function runChaos({ seed, durationMs, law }: ChaosOptions): Promise<Outcome> {
  const isRedisDurable = law === 'nothing is lost';
  await using cluster = await Cluster.start({ isRedisDurable });
  const followerOf = (lane: number) => `follower-${lane}`;
  using writer = new Writer({ cluster, seed, lanes, followerOf });
  await using audience = await Audience.start({ cluster, writer, seed, watchers, onBoard, followerOf });
  await using stockClients = await StockAudience.start({ cluster, seed, ...stock });
  const writing = writer.write();
  const faults = await runFaults({
    cluster,
    seed,
    durationMs,
    mayEmptyRedis: !isRedisDurable,
    cutSockets: (share, random) => audience.cut(share, random) + stockClients.cut(share, random),
  });
  writer.finish();
  const offences: string[] = [];
  await writing.catch((error: unknown) => offences.push(`the writer: ${String(error)}`));
  const calmSince = performance.now();
  const latest = await readVersions(cluster);
  // It goes on being changed, for stock clients alone.
  latest.delete(stockClients.markerId);
  const [caughtUpMs, liveMs] = await Promise.all([
    audience.untilAllHaveSeen(latest, catchUpMs).then(() => performance.now() - calmSince),
    stockClients.untilAllAreLive(comeBackMs).then((complaints) => {
      offences.push(...complaints);
      return performance.now() - calmSince;
    }),
  ]);

  await stockClients.finish();
  // From a Redis that came back empty nobody knows where a client was that keeps no cursor.
  const stockVerdict = isRedisDurable
    ? await stockClients.verdict(await readVersions(cluster), catchUpMs)
    : null;
  offences.push(...(stockVerdict?.complaints ?? []));

  const log = reviewLog(cluster.lines());
  for (const { id, version } of writer.lives) {
    if (latest.get(id) !== version)
      offences.push(`dispatch ${id} is in version ${latest.get(id)}, and ${version} was acknowledged`);
  }
  offences.push(
    ...audience.stories(latest).flatMap((story) => judge(story, law)),
    ...audience.failures,
    ...cluster.deaths.map((death) => `a process ended by itself: ${death}`),
    ...log.unexplained.map((line) => `nothing explains this log line: ${line}`),
  );
  const suspects = new Set(offences.flatMap((offence) => /dispatch (\d+)/.exec(offence)?.[1] ?? []));
  return {
    offences,
    evidence: offences.length > 0 ? relevantLines(cluster.lines(), suspects) : [],
    faults,
    dispatches: latest.size,
    writer: writer.figures,
    subscribers: audience.size,
    audience: audience.figures,
    stockClients: { ...stockClients.figures, size: stockClients.size, liveMs },
    stockVerdict,
    gaps: await cluster.readGaps(),
    log,
    caughtUpMs,
  };
}

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
