/** Reads from `/proc` how much CPU time a process used, how long it waited for a core, and its resident memory. */
import { readdirSync, readFileSync } from 'node:fs';

/** `getconf CLK_TCK`: USER_HZ of the kernel, 100 in its asm-generic/param.h. */
const ticksPerSecond = 100;

/** CPU time of all threads since the process began, user and kernel mode together, in seconds. */
export function readCpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the program's name in brackets; the name itself may contain spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/**
 * CPU time of all threads that there are now, in seconds, to the nanosecond: for processes that use less in a window than the
 * ticks of `readCpuSeconds` can tell. A thread that ends takes its time with it.
 */
export function readExactCpuSeconds(pid: number): number {
  const ns = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ', 1)[0]),
  );
  return ns.reduce((sum, each) => sum + each, 0) / 1e9;
}

/** Resident memory in KiB. */
export function readResidentKb(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  if (!line) throw new Error(`Process ${pid} has ended.`);
  return Number(line[1]);
}

/** What new processes can have without swapping, in MiB. */
export function readAvailableMb(): number {
  return Number(/^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'latin1'))![1]) / 1024;
}

/** How long the main thread was ready to run and did not get a core, in seconds. */
export function readWaitedSeconds(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[1]) / 1e9;
}
