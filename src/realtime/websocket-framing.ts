/** Owns the bytes of graphql-transport-ws: `next` messages around results, framed as RFC 6455 wants it. */
import type { Framing, Message } from './framing.ts';

const head = Buffer.from('{"id":');
const middle = Buffer.from(',"type":"next","payload":');
const envelopeBytes = head.length + middle.length + 1;
const closingBrace = 0x7d;
/** FIN and opcode 1, RFC 6455 section 5.2: a whole text message, never masked towards a client. */
const finalTextFrame = 0x81;

/** `id` as JSON, in a form whose characters are its bytes. */
export function encodeOperationId(id: string): string {
  return Buffer.from(JSON.stringify(id), 'utf8').toString('latin1');
}

/** The id of a message is an operation's, from `encodeOperationId`. */
export const webSocketFraming: Framing = {
  bytesOf: messageBytes,
  sizeOf(message) {
    const bytes = messageBytes(message);
    return headerBytes(bytes) + bytes;
  },
  write(buffer, start, message) {
    let at = writeHeader(buffer, start, messageBytes(message));
    const { id, payload } = message;
    if (id === '') return at + payload.copy(buffer, at);
    at += head.copy(buffer, at);
    at += buffer.write(id, at, 'latin1');
    at += middle.copy(buffer, at);
    at += payload.copy(buffer, at);
    buffer[at] = closingBrace;
    return at + 1;
  },
};

function messageBytes({ id, payload }: Message): number {
  return id === '' ? payload.length : envelopeBytes + id.length + payload.length;
}

function headerBytes(length: number): number {
  return length < 126 ? 2 : length < 65536 ? 4 : 10;
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
