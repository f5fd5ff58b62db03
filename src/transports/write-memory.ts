/** Memory in which writes are put together. It is used again and again, as long as the operating system takes writes at once. */

/** What says of a socket whether its last write was taken. */
export interface WrittenTo {
  /** Bytes that were written, and that the operating system has not taken yet. */
  readonly writableLength: number;
}

/** The size of the shared memory, bytes, which a socket that stops reading keeps. Larger writes have memory of their own. */
const sharedBytes = 64 * 1024;

/**
 * With a new buffer for every write, a busy process would spend much of its time on garbage collection: memory outside of
 * the heap is only freed by it, and a lot of such memory makes V8 collect the whole heap.
 */
export class WriteMemory {
  #shared: Buffer | null = null;
  #isTaken = false;

  /** A buffer of this size, for a write to the socket. `release` must be called after the write, before the next `take`. */
  take(bytes: number, socket: WrittenTo): Buffer {
    // A socket with a backlog would keep the shared memory.
    if (bytes > sharedBytes || socket.writableLength > 0) return Buffer.allocUnsafe(bytes);
    this.#isTaken = true;
    this.#shared ??= Buffer.allocUnsafeSlow(sharedBytes);
    return this.#shared.subarray(0, bytes);
  }

  /** The socket was written to. If it has kept the shared memory, there will be a new one. */
  release(socket: WrittenTo): void {
    if (this.#isTaken && socket.writableLength > 0) this.#shared = null;
    this.#isTaken = false;
  }
}
