/** Compares this tree's service with that of another commit: runs every workload in pairs, and compares the figures of each pair. */
import { createService, type Subject } from '../subjects.ts';
import { ownRoot } from '../subjects/ours.ts';
import type { Machine } from '../machine.ts';
import type { AgainstOptions } from '../options.ts';
import { startRedis, type RedisServer } from '../redis-server.ts';
import { compare, type Comparison } from '../report/comparison.ts';
import { createRun } from '../run.ts';
import type { Workload } from '../workloads/workload.ts';
import { checkOut } from './checkout.ts';
import { runPairs, type MeasuredPair, type Side } from './pairs.ts';
import { warningsOf } from './warnings.ts';

export interface AgainstResult {
  readonly comparisons: readonly Comparison[];
  /** What could not be measured. */
  readonly failures: readonly string[];
}

export interface AgainstListener {
  /** The other commit has another lock file: its packages are being installed. */
  onInstall(): void;
  onCheckout(commit: string): void;
  onRun(workload: string, pair: number, label: string): void;
  /** `pairs` is the number of pairs that could be measured. */
  onWorkload(workload: Workload, comparisons: readonly Comparison[], pairs: number): void;
  /** Something that makes the figures less reliable. */
  onWarning(warning: string): void;
  onFailure(failure: string): void;
}

/** @throws CheckoutError, RedisMissing */
export async function runAgainst(
  options: AgainstOptions,
  machine: Machine,
  listener: AgainstListener,
): Promise<AgainstResult> {
  const checkout = await checkOut(options.against, () => listener.onInstall());
  try {
    listener.onCheckout(checkout.commit);
    const services = {
      base: createService(checkout.root, `base-${checkout.commit}`),
      own: withEnv(createService(ownRoot, 'this-tree'), options.env),
    };
    return await runWorkloads({ options, machine, services, listener });
  } finally {
    checkout.remove();
  }
}

const withEnv = (service: Subject, more: AgainstOptions['env']): Subject => ({
  ...service,
  env: (server) => ({ ...service.env(server), ...more }),
});

interface Comparing {
  readonly options: AgainstOptions;
  readonly machine: Machine;
  readonly services: Readonly<Record<Side, Subject>>;
  readonly listener: AgainstListener;
}

async function runWorkloads(comparing: Comparing): Promise<AgainstResult> {
  const { options, machine, listener } = comparing;
  const redis = await startRedis(machine.cores.others);
  const comparisons: Comparison[] = [];
  const failures: string[] = [];
  const fail = (failure: string) => {
    failures.push(failure);
    listener.onFailure(failure);
  };
  try {
    for (const workload of options.workloads) {
      const pairs = await measurePairs(workload, redis, comparing, fail);
      const compared = compare(pairs.map(({ base, own }) => ({ base: base.rows, own: own.rows })));
      comparisons.push(...compared);
      for (const warning of warningsOf(pairs, options.scale))
        listener.onWarning(`${workload.name}: ${warning}`);
      listener.onWorkload(workload, compared, pairs.length);
    }
  } finally {
    await redis.stop();
  }
  return { comparisons, failures };
}

function measurePairs(
  workload: Workload,
  redis: RedisServer,
  { options, machine, services, listener }: Comparing,
  fail: (failure: string) => void,
): Promise<MeasuredPair[]> {
  const measure = async (side: Side, number: number) => {
    const subject = services[side];
    listener.onRun(workload.name, number, subject.label);
    const measured = await workload.run(createRun({ ...options, machine, redis, subject }), subject.name);
    for (const failure of measured.failures ?? [])
      fail(`${workload.name}, pair ${number}, ${subject.label}: ${failure}`);
    return measured;
  };
  return runPairs(options.pairs, measure, (side, number, { message }) =>
    fail(`${workload.name}, pair ${number}, ${services[side].label}: ${message}`),
  );
}
