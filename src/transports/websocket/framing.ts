/** The bytes of graphql-transport-ws: a result inside of a `next` message, inside of a frame of RFC 6455. */
import type { Framing, Message } from '../framing.ts';

const closingBrace = 0x7d;
/** FIN and opcode 1, RFC 6455 section 5.2: a whole text message, never masked towards a client. */
const finalTextFrame = 0x81;

/** The beginning of a `next` message, up to its result, in Latin-1. */
export function nextMessageHead(operationId: string): string {
  const head = `{"id":${JSON.stringify(operationId)},"type":"next","payload":`;
  return Buffer.from(head, 'utf8').toString('latin1');
}

/** The head of a frame is from `nextMessageHead`. */
export const webSocketFraming: Framing = {
  sizeOf(message) {
    const bytes = messageBytes(message);
    return headerBytes(bytes) + bytes;
  },
  write(buffer, start, message) {
    let at = writeHeader(buffer, start, messageBytes(message));
    const { head, payload } = message;
    if (head === '') return at + payload.copy(buffer, at);
    at += buffer.write(head, at, 'latin1');
    at += payload.copy(buffer, at);
    buffer[at] = closingBrace;
    return at + 1;
  },
};

function messageBytes({ head, payload }: Message): number {
  return head === '' ? payload.length : head.length + payload.length + 1;
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
