/** Opens where log lines go in a way in which writing to it does not wait. */
import { constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';

export interface LogTarget {
  readonly fd: number;
  /**
   * Whether a write may wait for a disk: a file knows no other way. All else, such as a pipe or a terminal, says EAGAIN
   * instead of waiting.
   */
  readonly isFile: boolean;
  /** What must live as long as the target. */
  readonly keeps?: unknown;
}

const { O_WRONLY, O_NONBLOCK, O_APPEND, O_NOCTTY } = constants;

/** `fd`: 1 for the standard output, 2 for the standard error. */
export function openLogTarget(fd: number): LogTarget {
  if (fstatSync(fd).isFile()) return { fd, isFile: true };
  try {
    // Opened a second time, so that it stays as it is for other processes that have the same pipe or terminal.
    const flags = O_WRONLY | O_NONBLOCK | O_APPEND | O_NOCTTY;
    return { fd: openSync(`/dev/fd/${fd}`, flags), isFile: false };
  } catch {
    // A socket, such as that of systemd's journal, or what belongs to another user.
    return { fd, isFile: false, keeps: withoutWaiting(fd) };
  }
}

/** Has the system say EAGAIN where a write would wait, for all who have what `fd` stands for. */
function withoutWaiting(fd: number): Socket | undefined {
  try {
    const socket = new Socket({ fd, readable: false, writable: true });
    socket.unref();
    return socket;
  } catch {
    // Neither a pipe nor a socket: such a thing does not stall.
    return undefined;
  }
}
