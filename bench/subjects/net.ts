/** The server `net`: bare sockets, with frames of RFC 6455 of its own, that pass on bytes received ready-made; no library but Node's HTTP for the handshake. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Redis } from 'ioredis';
import { channelOf } from '../evening.ts';
import { host, readServerOptions } from './options.ts';

interface Subscriber {
  readonly socket: Socket;
  /** The part of a message before its payload. */
  readonly head: Buffer;
}

interface ClientMessage {
  readonly type: string;
  readonly id: string;
  readonly payload: { readonly operationName: string; readonly variables: { readonly id?: string } };
}

const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;
/** RFC 6455, 1.3. */
const handshakeSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const end = Buffer.from('}');

const { port, redisUrl } = readServerOptions();
const redis = new Redis(redisUrl);
const subscribers = new Map<string, Set<Subscriber>>();

redis.on('messageBuffer', (topic: Buffer, payload: Buffer) => {
  for (const { socket, head } of subscribers.get(topic.toString()) ?? [])
    socket.write(frameOf(opcodes.text, [head, payload, end]));
});

/** An unmasked message in one frame, as servers send it (RFC 6455, 5.1). */
function frameOf(opcode: number, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const headLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headLength + length);
  frame[0] = 0x80 | opcode;
  if (headLength === 2) frame[1] = length;
  else if (headLength === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  let at = headLength;
  for (const part of parts) {
    part.copy(frame, at);
    at += part.length;
  }
  return frame;
}

/** Reads masked frames of a client that sends each message in one. Returns what is left of the last, incomplete one. */
function readFrames(received: Buffer, onFrame: (opcode: number, payload: Buffer) => void): Buffer {
  let at = 0;
  while (received.length - at >= 6) {
    let length = received[at + 1]! & 0x7f;
    let start = at + 2;
    if (length === 126) {
      length = received.readUInt16BE(start);
      start += 2;
    } else if (length === 127) throw new Error('A client sent more than 64 KiB.');
    const payloadAt = start + 4;
    if (received.length < payloadAt + length) break;
    const mask = received.subarray(start, payloadAt);
    const payload = Buffer.from(received.subarray(payloadAt, payloadAt + length));
    for (let index = 0; index < length; index += 1) payload[index]! ^= mask[index & 3]!;
    onFrame(received[at]! & 0x0f, payload);
    at = payloadAt + length;
  }
  return received.subarray(at);
}

function subscribe(socket: Socket, own: Map<Subscriber, string>, { id, payload }: ClientMessage): void {
  const topic = channelOf(payload);
  const known = subscribers.get(topic);
  if (!known) void redis.subscribe(topic);
  const subscriber = { socket, head: Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`) };
  subscribers.set(topic, (known ?? new Set()).add(subscriber));
  own.set(subscriber, topic);
}

function serve(socket: Socket): void {
  const own = new Map<Subscriber, string>();
  let rest: Buffer = Buffer.alloc(0);
  const onFrame = (opcode: number, payload: Buffer) => {
    if (opcode === opcodes.ping) socket.write(frameOf(opcodes.pong, [payload]));
    else if (opcode === opcodes.close) socket.end(frameOf(opcodes.close, [payload]));
    else if (opcode === opcodes.text) {
      const message = JSON.parse(payload.toString()) as ClientMessage;
      if (message.type === 'connection_init')
        socket.write(frameOf(opcodes.text, [Buffer.from('{"type":"connection_ack"}')]));
      else if (message.type === 'subscribe') subscribe(socket, own, message);
    }
  };
  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => {
    rest = readFrames(rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk, onFrame);
  });
  // 'close' follows.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    for (const [subscriber, topic] of own) subscribers.get(topic)?.delete(subscriber);
  });
}

const server = createServer();
server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
  const key = request.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1').update(`${key}${handshakeSuffix}`).digest('base64');
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n`,
  );
  serve(socket);
});
server.listen(port, host);
