/** An outbox: the bounded queue of messages towards one socket, which are written together. */
import { smallBytes, type Unread } from '../operations/unread.ts';
import type { Frame } from '../realtime/frame.ts';
import type { Flushable } from './flush-scheduler.ts';
import type { Message, OutboxOwner, OutboxSettings, OutboxSocket } from './framing.ts';

/** The largest single write, bytes: when a reader stops, this much stays in the socket's own buffer. */
const maxWriteBytes = 256 * 1024;

interface Waiting extends Message {
  payload: Buffer;
  /** On the wire, bytes. */
  size: number;
}

/**
 * Messages wait here until the scheduler flushes; then all of them leave in one write. While the socket's own buffer is
 * full they go on waiting, and frames with a conflation key give way to newer ones.
 */
export class Outbox implements Flushable {
  /** See `Flushable`. */
  flushedIn = -1;
  /** Where what the reader does not take is counted; null while nobody knows whose it is. */
  unread: Unread | null = null;
  /** Whether a frame was taken since the client was asked last what it has. */
  hasNew = false;
  /** Until then its owner need not hear of writes. */
  #quietUntil = 0;
  readonly #settings: OutboxSettings;
  readonly #socket: OutboxSocket;
  readonly #owner: OutboxOwner;
  #queue: Waiting[] = [];
  #bytes = 0;
  /** Those of a message that is larger than the bound. */
  #largeBytes = 0;
  /** In the socket's own buffer, while that is full. */
  #writtenBytes = 0;
  /** How many of those that wait here the metric has counted. */
  #reportedBytes = 0;
  /** What `unread` knows of those that wait here or in the socket. */
  #unreadBytes = 0;
  #scheduled = false;
  #blocked = false;
  #ended = false;
  #newest: Map<string, Waiting> | undefined;
  #whenRoom: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(settings: OutboxSettings, socket: OutboxSocket, owner: OutboxOwner) {
    this.#settings = settings;
    this.#socket = socket;
    this.#owner = owner;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether nothing of what it took was lost, and all of it was written to the socket. */
  get isEmptied(): boolean {
    return !this.#ended && this.#queue.length === 0;
  }

  get maxMessageBytes(): number {
    return this.#settings.maxMessageBytes;
  }

  /** Adds a result of one operation; `head` is what the framing puts before it. `stream`: what conflation keys are of. */
  pushFrame(head: string, { payload, conflationKey }: Omit<Frame, 'cursor'>, stream = head): void {
    if (this.#ended) return;
    this.hasNew = true;
    const waiting = { head, payload, size: 0 };
    // A reader that keeps up gets every frame: one is replaced only while it cannot be written anyway.
    if (conflationKey !== undefined && this.#blocked) {
      this.#newest ??= new Map();
      const key = `${stream}${conflationKey}`;
      const older = this.#newest.get(key);
      if (older) {
        this.#replace(older, payload);
        return;
      }
      this.#newest.set(key, waiting);
    }
    this.#push(waiting);
  }

  /** Adds a message of the protocol. */
  pushText(text: string): void {
    if (!this.#ended) this.#push({ head: '', payload: Buffer.from(text), size: 0 });
  }

  #replace(older: Waiting, payload: Buffer): void {
    this.#bytes -= older.size;
    older.payload = payload;
    older.size = this.#settings.framing.sizeOf(older);
    this.#bytes += older.size;
    this.#report();
    this.#settings.metrics.conflated.inc();
  }

  #push(waiting: Waiting): void {
    waiting.size = this.#settings.framing.sizeOf(waiting);
    const isEmpty = this.#queue.length === 0;
    this.#bytes += waiting.size;
    this.#queue.push(waiting);
    if (this.#bytes - this.#largeBytes > this.#settings.maxBytes) {
      if (!isEmpty || !this.#mayBeLarge(waiting.size)) return this.#overflow();
      this.#largeBytes = waiting.size;
    }
    if (this.#blocked) {
      this.#report();
      if (!this.#mayWait()) this.#overflow();
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      this.#settings.scheduler.schedule(this);
    }
  }

  #overflow(): void {
    this.end();
    this.#owner.overflowed();
  }

  #mayBeLarge(bytes: number): boolean {
    if (this.#blocked || bytes > this.#settings.maxMessageBytes) return false;
    return this.unread?.hasRoomFor(bytes, this.#unreadBytes) === true;
  }

  /** Of a reader that is behind: whether others leave room for that. */
  #mayWait(): boolean {
    const bytes = this.#unreadBytes;
    return bytes <= smallBytes || this.unread?.hasRoomFor(bytes, bytes) !== false;
  }

  /** For what waits for its reader alone: the rest is written with the next flush, and not worth reporting. */
  #report(): void {
    this.#settings.metrics.outboxBytes.inc(this.#bytes - this.#reportedBytes);
    this.#reportedBytes = this.#bytes;
    if (this.unread === null) return;
    const unreadBytes = this.#bytes + this.#writtenBytes;
    this.unread.add(unreadBytes - this.#unreadBytes);
    this.#unreadBytes = unreadBytes;
  }

  /** Undefined while less than half of the bytes wait that may. Else resolves when that is so again, or when the outbox ends. */
  ready(): Promise<void> | undefined {
    if (this.#ended || 2 * this.#bytes < this.#settings.maxBytes) return undefined;
    return this.#roomComes();
  }

  /**
   * Undefined when so many bytes may wait now, or the outbox has ended; else resolves when that may have become so, for the
   * caller to ask again.
   */
  roomFor(bytes: number): Promise<void> | undefined {
    const isEmpty = this.#queue.length === 0 && !this.#blocked;
    const fits = this.#bytes - this.#largeBytes + bytes <= this.#settings.maxBytes;
    return this.#ended || isEmpty || fits ? undefined : this.#roomComes();
  }

  #roomComes(): Promise<void> {
    if (!this.#whenRoom) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#whenRoom = { promise, resolve };
    }
    return this.#whenRoom.promise;
  }

  /** The client is asked now what it has. */
  noteAsked(): void {
    this.hasNew = false;
    this.#quietUntil = 0;
  }

  /** Writes all that waits, unless the socket's buffer is full. Returns how many messages were written. */
  flush(now = this.#settings.scheduler.elapsed()): number {
    if (this.hasNew && !this.#blocked && now >= this.#quietUntil)
      this.#quietUntil = this.#owner.beforeWrite?.(now) ?? Infinity;
    this.#scheduled = false;
    let written = 0;
    while (this.#queue.length > 0 && !this.#blocked && !this.#ended) written += this.#writeOnce();
    if (this.#bytes !== this.#reportedBytes || this.#bytes + this.#writtenBytes !== this.#unreadBytes)
      this.#report();
    if (this.#whenRoom && 2 * this.#bytes < this.#settings.maxBytes) this.#tellRoom();
    return written;
  }

  /** The socket's buffer is empty again. */
  drained(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#writtenBytes = 0;
    this.#newest = undefined;
    this.flush();
  }

  /** Drops what waits, but for what the socket has. Nothing is written any more. Safe to call twice. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue = [];
    this.#newest = undefined;
    this.#bytes = 0;
    this.#report();
    this.#tellRoom();
  }

  /** The socket is closed, and what it had is forgotten too. */
  closed(): void {
    this.end();
    this.#writtenBytes = 0;
    this.#report();
  }

  #tellRoom(): void {
    this.#whenRoom?.resolve();
    this.#whenRoom = undefined;
  }

  #writeOnce(): number {
    const { framing, scheduler, metrics } = this.#settings;
    const socket = this.#socket;
    const queue = this.#queue;
    let total = 0;
    let count = 0;
    while (count < queue.length && (count === 0 || total < maxWriteBytes)) total += queue[count++]!.size;
    const buffer = scheduler.memory.take(total, socket);
    let at = 0;
    for (let index = 0; index < count; index += 1) at = framing.write(buffer, at, queue[index]!);
    if (count === queue.length) this.#queue = [];
    else queue.splice(0, count);
    this.#bytes -= total;
    this.#largeBytes = 0;
    metrics.socketWrites.add();
    if (socket.destroyed) this.end();
    else this.#blocked = !socket.write(buffer);
    if (this.#blocked) this.#writtenBytes = total;
    scheduler.memory.release(socket);
    return count;
  }
}
