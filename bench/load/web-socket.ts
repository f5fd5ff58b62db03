/** A WebSocket client that does as little as possible, so that thousands of them leave the clients' core time to measure. */
import { connect, type Socket } from 'node:net';

export interface WebSocketEvents {
  onOpen(): void;
  /** A text message: the bytes of `buffer` from `start` to `end`. */
  onText(buffer: Buffer, start: number, end: number): void;
  /** The connection ended, or never opened. Not called after `drop`. */
  onEnd(reason: string): void;
}

export interface WebSocketTarget {
  readonly port: number;
  readonly path: string;
  readonly subProtocol: string | null;
  /** An address of the loopback network to connect from: each has ports of its own. */
  readonly localAddress: string;
}

const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;
const headEnd = Buffer.from('\r\n\r\n');
const nothing: Buffer = Buffer.alloc(0);

export class WebSocketClient {
  readonly #socket: Socket;
  readonly #events: WebSocketEvents;
  #rest: Buffer = nothing;
  #isOpen = false;
  #isDropped = false;

  constructor({ port, path, subProtocol, localAddress }: WebSocketTarget, events: WebSocketEvents) {
    this.#events = events;
    this.#socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
    this.#socket.on('data', (chunk) => this.#onData(chunk));
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', () => this.#end('closed'));
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
        `${subProtocol === null ? '' : `Sec-WebSocket-Protocol: ${subProtocol}\r\n`}\r\n`,
    );
  }

  send(text: string): void {
    this.#socket.write(frameOf(opcodes.text, Buffer.from(text)));
  }

  /** Resolves when everything sent has been handed to the operating system. */
  flushed(): Promise<void> {
    return new Promise((resolve) => this.#socket.write('', () => resolve()));
  }

  /** Ends the connection without a closing handshake, as when the network fails. */
  drop(): void {
    this.#isDropped = true;
    this.#socket.resetAndDestroy();
  }

  #end(reason: string): void {
    if (this.#isDropped) return;
    this.drop();
    this.#events.onEnd(reason);
  }

  #onData(chunk: Buffer): void {
    const buffer = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    if (!this.#isOpen) {
      const end = buffer.indexOf(headEnd);
      if (end >= 0) at = end + headEnd.length;
      if (end >= 0 && !this.#open(buffer.toString('latin1', 0, end))) return;
    }
    if (this.#isOpen) at = this.#readFrames(buffer, at);
    this.#rest = at < buffer.length ? buffer.subarray(at) : nothing;
  }

  #open(head: string): boolean {
    if (!head.startsWith('HTTP/1.1 101')) {
      this.#end(head.split('\r\n', 1)[0]!);
      return false;
    }
    this.#isOpen = true;
    this.#events.onOpen();
    return true;
  }

  /** Reads the frames that are complete, and returns where the rest begins. Frames of a server are never masked (RFC 6455, 5.1). */
  #readFrames(buffer: Buffer, from: number): number {
    let at = from;
    while (buffer.length - at >= 2) {
      let length = buffer[at + 1]!;
      let start = at + 2;
      if (length === 126) {
        if (buffer.length < start + 2) break;
        length = buffer.readUInt16BE(start);
        start += 2;
      } else if (length === 127) {
        if (buffer.length < start + 8) break;
        length = Number(buffer.readBigUInt64BE(start));
        start += 8;
      }
      if (buffer.length < start + length) break;
      this.#onFrame(buffer[at]! & 0x0f, buffer, start, start + length);
      at = start + length;
      if (this.#isDropped) break;
    }
    return at;
  }

  #onFrame(opcode: number, buffer: Buffer, start: number, end: number): void {
    if (opcode === opcodes.text) this.#events.onText(buffer, start, end);
    else if (opcode === opcodes.ping)
      this.#socket.write(frameOf(opcodes.pong, Buffer.from(buffer.subarray(start, end))));
    else if (opcode === opcodes.close)
      this.#end(`closed with ${buffer.readUInt16BE(start)} ${buffer.toString('utf8', start + 2, end)}`);
  }
}

/** A message of a client in one frame. The masking key, which RFC 6455 demands, is zero: the payload stays as it is. */
function frameOf(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const headLength = length < 126 ? 6 : 8;
  const frame = Buffer.alloc(headLength + length);
  frame[0] = 0x80 | opcode;
  if (length < 126) frame[1] = 0x80 | length;
  else {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  }
  payload.copy(frame, headLength);
  return frame;
}
