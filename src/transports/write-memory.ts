/** Owns the memory in which writes are put together: the same one again and again, as long as the system takes them at once. */

/** The part of a socket that says whether its last write was taken. */
export interface WrittenTo {
  /** Bytes that were written and that the system has not taken yet. */
  readonly writableLength: number;
}

/** What a socket that stops reading may keep of this memory, bytes. Larger writes have memory of their own. */
const sharedBytes = 64 * 1024;

/**
 * Memory outside of the heap is only given back by a garbage collection, and makes V8 collect the whole heap when there is
 * much of it: with memory of its own for every write, a busy process spends a tenth of its time on that.
 */
export class WriteMemory {
  #shared: Buffer | null = null;
  #isTaken = false;

  /** So many bytes to write to the socket. Call `release` behind the write, before anything else is taken. */
  take(bytes: number, socket: WrittenTo): Buffer {
    // Of a socket with a backlog the system will take nothing at once.
    if (bytes > sharedBytes || socket.writableLength > 0) return Buffer.allocUnsafe(bytes);
    this.#isTaken = true;
    this.#shared ??= Buffer.allocUnsafeSlow(sharedBytes);
    return this.#shared.subarray(0, bytes);
  }

  /** The socket was written to: unless it still holds the memory, others may have it. */
  release(socket: WrittenTo): void {
    if (this.#isTaken && socket.writableLength > 0) this.#shared = null;
    this.#isTaken = false;
  }
}
