/** Frames that are larger than allowed: one that is not much too large ends its operation alone, any other its socket. */
import { MessageType } from 'graphql-ws';
import { ClientError } from '../../lib/errors.ts';
import { maxIdBytes } from '../shared-connection.ts';
import { tooBig } from './close-codes.ts';
import type { Connection } from './connection.ts';

/** What `ws` takes. What is larger it does not read: it closes the socket with 1009. */
export const largestFrameBytes = (maxFrameBytes: number): number => 2 * maxFrameBytes;

/** As clients begin their messages: with id and type, in either order. Nothing of such a frame is parsed but this. */
const heads = [
  /^\s*{\s*"id"\s*:\s*"([^"\\]+)"\s*,\s*"type"\s*:\s*"subscribe"/,
  /^\s*{\s*"type"\s*:\s*"subscribe"\s*,\s*"id"\s*:\s*"([^"\\]+)"/,
];
const headBytes = maxIdBytes + 100;

export function refuseLargeFrame(
  connection: Connection,
  frame: Buffer,
  { maxFrameBytes }: { readonly maxFrameBytes: number },
): void {
  const { protocol } = connection;
  const head = frame.toString('utf8', 0, headBytes);
  const id = heads.map((form) => form.exec(head)?.[1]).find((found) => found !== undefined);
  // Before the acknowledgement there are no operations, and one that is open is not what the frame is about.
  if (!protocol?.acknowledged || id === undefined || id in protocol.subscriptions)
    return connection.closeWith(tooBig, 'Message too big');
  const error = new ClientError(
    'PAYLOAD_TOO_LARGE',
    `A message may have ${maxFrameBytes} bytes, and this one has ${frame.length}.`,
  );
  connection.send(JSON.stringify({ id, type: MessageType.Error, payload: [error.toJSON()] }));
}
