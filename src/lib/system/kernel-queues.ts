/** How much the system still holds of what was written to sockets, where it says so: Linux does, others do not. */
import { fstat } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Of IPv4 and IPv6: proc_pid_net(5). */
const tables = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];
/** Places of fields in a line, counted from 0. */
const queueField = 4;
const inodeField = 9;

const stat = promisify(fstat);

/** The table of all connections is read once for all who ask at about the same time. */
export class KernelQueues {
  readonly #onUnknown: (error: unknown) => void;
  #asked = new Set<string>();
  #reading: Promise<ReadonlyMap<string, number>> = Promise.resolve(new Map());
  #next: Promise<ReadonlyMap<string, number>> | undefined;
  #isUnknown = false;

  /** `onUnknown` is told, once, why this system does not say. */
  constructor(onUnknown: (error: unknown) => void) {
    this.#onUnknown = onUnknown;
  }

  /** Bytes that were handed to the system and that the other end has not acknowledged; undefined where nobody can say. */
  async bytesOf(socket: Socket): Promise<number | undefined> {
    const fd = (socket as { _handle?: { fd?: number } | null })._handle?.fd;
    if (this.#isUnknown || fd === undefined || fd < 0) return undefined;
    try {
      const inode = String((await stat(fd)).ino);
      this.#asked.add(inode);
      this.#next ??= this.#reading.then(() => this.#readAsked());
      return (await this.#next).get(inode);
    } catch (error) {
      // A socket that was closed meanwhile is no sign of what the system tells.
      if (!socket.destroyed && !this.#isUnknown) {
        this.#isUnknown = true;
        this.#onUnknown(error);
      }
      return undefined;
    }
  }

  async #readAsked(): Promise<ReadonlyMap<string, number>> {
    await nextTurn();
    const asked = this.#asked;
    this.#asked = new Set();
    this.#next = undefined;
    const reading = readTables(asked);
    this.#reading = reading.catch(() => new Map());
    return reading;
  }
}

async function readTables(inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
  const queues = new Map<string, number>();
  for (const table of tables) {
    const file = await openTable(table);
    if (!file) continue;
    // In lines: a process with many thousands of connections is not held up by all of them in one turn.
    for await (const line of file.readLines()) {
      const fields = line.trim().split(/\s+/);
      const inode = fields[inodeField];
      if (inode !== undefined && inodes.has(inode))
        queues.set(inode, Number.parseInt(fields[queueField]!.split(':', 1)[0]!, 16));
    }
  }
  return queues;
}

/** Undefined where the system has none: it is not Linux, or speaks no IPv6. */
async function openTable(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
