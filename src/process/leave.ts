/** The ends of a process: now, whatever its threads are at, or at a time, whatever it is doing then. */
import { execve, execPath, exit, getActiveResourcesInfo } from 'node:process';
import { Worker } from 'node:worker_threads';

/** Names that Node gives to what its threads do for it, and what may hang: files, and the names of hosts. */
const workOfThreads = /^(FSReq|GetAddrInfo|GetNameInfo)/;

/**
 * Ends the process with this exit code, at once. `exit` waits for threads: for one that waits for a disk, a pipe or a name
 * server that says nothing, for ever. A program that takes the place of this one waits for none.
 */
export function leave(code: number): never {
  if (getActiveResourcesInfo().some((name) => workOfThreads.test(name)) && execve)
    execve(execPath, [execPath, '--eval', `process.exit(${code})`], {});
  exit(code);
}

const guard = `
const { workerData: ms } = require('node:worker_threads');
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
process.kill(process.pid, 'SIGKILL');
`;

/** Ends the process in `ms` milliseconds, unless it has ended by itself: from another thread, so that nothing here can hold it up. */
export function killAfter(ms: number, onError: (error: unknown) => void): void {
  try {
    const worker = new Worker(guard, { eval: true, workerData: ms, env: {}, execArgv: [] });
    worker.unref();
    worker.on('error', onError);
  } catch (error) {
    onError(error);
  }
}
