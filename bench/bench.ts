/** Runs the whole bench: every workload with every subject, several times, and takes the medians. */
import { subjects, type SubjectName } from './subjects.ts';
import type { Machine } from './machine.ts';
import type { SubjectsOptions } from './options.ts';
import { startRedis, type RedisServer } from './redis-server.ts';
import { medianRows, type Row, type Sample } from './report/rows.ts';
import { createRun } from './run.ts';
import { showTheSame } from './shown.ts';
import type { Workload } from './workloads/workload.ts';

export interface BenchResult {
  readonly rows: readonly Row[];
  /** What could not be measured. */
  readonly failures: readonly string[];
}

export interface BenchListener {
  /** A subject is not measured, since what runs it is not on this machine; `why` says how to get it. */
  onLeftOut(subject: SubjectName, why: string): void;
  onRun(workload: string, subject: SubjectName, run: number): void;
  onWorkload(workload: Workload, rows: readonly Row[]): void;
  onFailure(failure: string): void;
}

/** Runs the subjects in turn, so that whatever disturbs the machine for a while disturbs all of them. */
export async function runBench(
  options: SubjectsOptions,
  machine: Machine,
  listener: BenchListener,
  known: typeof subjects = subjects,
): Promise<BenchResult> {
  const atHand = options.subjects.filter((name) => known[name].runtime.find() !== null);
  for (const name of options.subjects)
    if (!atHand.includes(name)) listener.onLeftOut(name, known[name].runtime.missing);
  const redis = await startRedis(machine.cores.others);
  const rows: Row[] = [];
  const failures: string[] = [];
  const fail = (failure: string) => {
    failures.push(failure);
    listener.onFailure(failure);
  };
  try {
    for (const workload of options.workloads) {
      const measured = medianRows(
        await repeat(workload, { options: { ...options, subjects: atHand }, machine, redis, listener, fail }),
      );
      rows.push(...measured);
      listener.onWorkload(workload, measured);
    }
  } finally {
    await redis.stop();
  }
  return { rows, failures };
}

interface Repeating {
  readonly options: SubjectsOptions;
  readonly machine: Machine;
  readonly redis: RedisServer;
  readonly listener: BenchListener;
  readonly fail: (failure: string) => void;
}

async function repeat(workload: Workload, repeating: Repeating): Promise<Sample[]> {
  const { options, listener, fail, ...machinery } = repeating;
  const names = workload.subjects.filter((name) => options.subjects.includes(name));
  const samples: Sample[] = [];
  let shown: { readonly by: SubjectName; readonly samples: readonly unknown[] } | undefined;
  for (let round = 1; round <= options.runs; round += 1) {
    for (const subject of names) {
      listener.onRun(workload.name, subject, round);
      try {
        const run = createRun({ ...options, ...machinery, subject: subjects[subject] });
        const measured = await workload.run(run, subject);
        for (const failure of measured.failures ?? []) fail(`${workload.name}, ${subject}: ${failure}`);
        shown ??= { by: subject, samples: measured.samples };
        if (!showTheSame(shown.samples, measured.samples)) {
          fail(`${workload.name}: ${subject} shows something else than ${shown.by}.`);
          continue;
        }
        for (const { workload: name, figures } of measured.rows)
          samples.push({ workload: name, subject, figures });
      } catch (error) {
        fail(`${workload.name}, ${subject}: ${(error as Error).message}`);
      }
    }
  }
  return samples;
}
