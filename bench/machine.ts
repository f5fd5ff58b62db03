/** Examines the machine: whether the bench can run on it, and what makes the figures less reliable. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Cores } from './stage.ts';

/** The machine cannot run the bench. Its message is meant for the user. */
export class MachineError extends Error {}

export interface Machine {
  readonly cores: Cores;
  readonly description: string;
  /** What makes the figures less reliable. */
  readonly warnings: readonly string[];
}

/** Load average above which other processes disturb latencies. */
const quietLoad = 0.5;
/** The largest workload has 10,000 sockets in one process; the rest is for everything else that is open. */
const neededFiles = 10_500;

/** @throws MachineError */
export function examineMachine(): Machine {
  if (process.platform !== 'linux')
    throw new MachineError('The bench reads CPU time and memory from /proc: it needs Linux.');
  const count = availableParallelism();
  const canPin = count >= 2 && spawnSync('taskset', ['--version']).status === 0;
  const cpu = cpus()[0]?.model ?? 'unknown CPU';
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return {
    cores: canPin ? { server: 0, others: 1 } : { server: null, others: null },
    description: `${count} × ${cpu}, ${memoryGb} GB, Node ${process.versions.node}`,
    warnings: [...pinWarnings(canPin), ...loadWarnings(), ...fileWarnings()],
  };
}

const pinWarnings = (canPin: boolean) =>
  canPin ? [] : ['without two cores and taskset no process is pinned to a core: the figures say little.'];

function loadWarnings(): string[] {
  const load = Number(readFileSync('/proc/loadavg', 'latin1').split(' ', 1)[0]);
  return load > quietLoad ? [`the machine is busy (load ${load}): latencies will be too high.`] : [];
}

function fileWarnings(): string[] {
  const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]);
  return limit < neededFiles
    ? [`only ${limit} files may be open: the workload idle needs ${neededFiles} (ulimit -n).`]
    : [];
}
