/** Owns what the bench needs of the machine, and what is to be known about it beside the figures. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Cores } from './stage.ts';

/** The machine cannot run the bench. Its message is meant for the user. */
export class MachineError extends Error {}

export interface Machine {
  readonly cores: Cores;
  readonly description: string;
  /** What makes the figures worth less. */
  readonly warnings: readonly string[];
}

/** A load of others above this disturbs latencies. */
const quietLoad = 0.5;
/** Sockets of one process in the largest workload, and some more. */
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
  canPin ? [] : ['Without two cores and taskset nothing is pinned: the figures say little.'];

function loadWarnings(): string[] {
  const load = Number(readFileSync('/proc/loadavg', 'latin1').split(' ', 1)[0]);
  return load > quietLoad ? [`The machine is busy (load ${load}): latencies will be too high.`] : [];
}

function fileWarnings(): string[] {
  const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]);
  return limit < neededFiles
    ? [`Only ${limit} files may be open: idle needs ${neededFiles} (ulimit -n).`]
    : [];
}
