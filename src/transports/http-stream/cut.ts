/** Cuts a response short: all that was written arrives, and then its connection ends in its middle. */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../lib/clock.ts';

/** Time that a client has to take what was sent before the end, milliseconds. */
const closeTimeoutMs = 5_000;

/**
 * Without its last chunk a response is incomplete, which clients take for a broken connection, and come back. The connection
 * ends in order, since a reset would make the client throw away what it has not read.
 */
export function cut(response: ServerResponse, clock: Clock): void {
  response.once(
    'close',
    clock.after(closeTimeoutMs, () => response.destroy()),
  );
  if (response.socket) response.socket.end();
  else response.destroy();
}
