/** Owns an outbox: the bounded queue of WebSocket messages towards one socket, written together. */
import type { Metrics } from '../lib/metrics.ts';
import type { Frame } from './frame.ts';
import type { FlushScheduler } from './flush-scheduler.ts';

/** The part of a `net.Socket` that an outbox writes to. */
export interface OutboxSocket {
  /** False when the socket's own buffer is full; `drained` is to be called when it is empty again. */
  write(bytes: Buffer): boolean;
  readonly destroyed: boolean;
}

export interface OutboxOptions {
  readonly socket: OutboxSocket;
  readonly scheduler: FlushScheduler;
  readonly metrics: Metrics;
  /** Bytes that may wait. Beyond them the reader is too slow, and `onOverflow` is called, once. */
  readonly maxBytes: number;
  readonly onOverflow: () => void;
}

/** Largest single write, bytes: what a reader that stopped leaves in the socket's own buffer. */
const maxWriteBytes = 256 * 1024;

const head = Buffer.from('{"id":');
const middle = Buffer.from(',"type":"next","payload":');
const envelopeBytes = head.length + middle.length + 1;
const closingBrace = 0x7d;
/** FIN and opcode 1, RFC 6455 section 5.2: a whole text message, never masked towards a client. */
const finalTextFrame = 0x81;

/** A waiting message: a frame for one operation, or a text of the protocol. */
interface Waiting {
  /** The operation id as JSON in latin1, empty for a text. */
  readonly id: string;
  payload: Buffer;
}

/** `id` as JSON, in a form whose characters are its bytes. */
export function encodeOperationId(id: string): string {
  return Buffer.from(JSON.stringify(id), 'utf8').toString('latin1');
}

function messageBytes({ id, payload }: Waiting): number {
  return id === '' ? payload.length : envelopeBytes + id.length + payload.length;
}

function headerBytes(length: number): number {
  return length < 126 ? 2 : length < 65536 ? 4 : 10;
}

/**
 * Messages wait here until the scheduler flushes; then all of them leave in one write, framed as RFC 6455 wants it. While
 * the socket's own buffer is full they go on waiting, and frames with a conflation key give way to newer ones.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  #queue: Waiting[] = [];
  #bytes = 0;
  #scheduled = false;
  #blocked = false;
  #ended = false;
  #newest: Map<string, Waiting> | undefined;
  #whenRoom: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A `next` message of the operation whose id was encoded by `encodeOperationId`. */
  pushFrame(id: string, { payload, conflationKey }: Frame): void {
    if (this.#ended) return;
    const waiting = { id, payload };
    // A reader that keeps up gets every frame: only what can't leave anyway gives way.
    if (conflationKey !== undefined && this.#blocked) {
      this.#newest ??= new Map();
      const key = `${id}${conflationKey}`;
      const older = this.#newest.get(key);
      if (older) {
        this.#replace(older, payload);
        return;
      }
      this.#newest.set(key, waiting);
    }
    this.#push(waiting);
  }

  /** A message of the protocol, as JSON. */
  pushText(text: string): void {
    if (!this.#ended) this.#push({ id: '', payload: Buffer.from(text) });
  }

  #replace(older: Waiting, payload: Buffer): void {
    const difference = payload.length - older.payload.length;
    older.payload = payload;
    this.#count(difference);
    this.#options.metrics.conflated.inc();
  }

  #push(waiting: Waiting): void {
    this.#queue.push(waiting);
    this.#count(messageBytes(waiting));
    if (this.#bytes > this.#options.maxBytes) {
      this.end();
      this.#options.onOverflow();
      return;
    }
    if (!this.#scheduled && !this.#blocked) {
      this.#scheduled = true;
      this.#options.scheduler.schedule(this);
    }
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#options.metrics.outboxBytes.inc(bytes);
  }

  /** Undefined while less than half of the bound waits; else resolves when that is so again, or when the outbox ends. */
  room(): Promise<void> | undefined {
    if (this.#ended || 2 * this.#bytes < this.#options.maxBytes) return undefined;
    if (!this.#whenRoom) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#whenRoom = { promise, resolve };
    }
    return this.#whenRoom.promise;
  }

  /** Writes all that waits, unless the socket's buffer is full. */
  flush(): void {
    this.#scheduled = false;
    while (this.#queue.length > 0 && !this.#blocked && !this.#ended) this.#writeOnce();
    if (this.#whenRoom && 2 * this.#bytes < this.#options.maxBytes) this.#tellRoom();
  }

  /** The socket's buffer is empty again. */
  drained(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#newest = undefined;
    this.flush();
  }

  /** Nothing is written any more, and what waits is forgotten. Safe to call twice. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue = [];
    this.#newest = undefined;
    this.#count(-this.#bytes);
    this.#tellRoom();
  }

  #tellRoom(): void {
    this.#whenRoom?.resolve();
    this.#whenRoom = undefined;
  }

  #writeOnce(): void {
    const queue = this.#queue;
    let total = 0;
    let waitingBytes = 0;
    let count = 0;
    while (count < queue.length && (count === 0 || total < maxWriteBytes)) {
      const bytes = messageBytes(queue[count]!);
      waitingBytes += bytes;
      total += headerBytes(bytes) + bytes;
      count += 1;
    }
    const buffer = Buffer.allocUnsafe(total);
    let at = 0;
    for (let index = 0; index < count; index += 1) at = writeMessage(buffer, at, queue[index]!);
    this.#queue = count === queue.length ? [] : queue.slice(count);
    this.#count(-waitingBytes);
    this.#options.metrics.socketWrites.inc();
    if (this.#options.socket.destroyed) this.end();
    else this.#blocked = !this.#options.socket.write(buffer);
  }
}

/** Writes one WebSocket message and returns where it ends. */
function writeMessage(buffer: Buffer, start: number, message: Waiting): number {
  const length = messageBytes(message);
  let at = writeHeader(buffer, start, length);
  const { id, payload } = message;
  if (id === '') return at + payload.copy(buffer, at);
  at += head.copy(buffer, at);
  at += buffer.write(id, at, 'latin1');
  at += middle.copy(buffer, at);
  at += payload.copy(buffer, at);
  buffer[at] = closingBrace;
  return at + 1;
}

function writeHeader(buffer: Buffer, start: number, length: number): number {
  buffer[start] = finalTextFrame;
  if (length < 126) {
    buffer[start + 1] = length;
    return start + 2;
  }
  if (length < 65536) {
    buffer[start + 1] = 126;
    return buffer.writeUInt16BE(length, start + 2);
  }
  buffer[start + 1] = 127;
  return buffer.writeBigUInt64BE(BigInt(length), start + 2);
}
