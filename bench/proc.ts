/** Owns what the kernel says about a process: the CPU time it used, and how much memory of it is resident. */
import { readFileSync } from 'node:fs';

/** `getconf CLK_TCK`: 100 on every Linux of today. */
const ticksPerSecond = 100;

/** CPU time that the process used since it began, in user and kernel mode, all threads together, seconds. */
export function readCpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the program's name in brackets, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory, KiB. */
export function readResidentKb(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  if (!line) throw new Error(`Process ${pid} has ended.`);
  return Number(line[1]);
}

/** Time that the process's main thread could have run, had it got a core, seconds. */
export function readWaitedSeconds(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[1]) / 1e9;
}
