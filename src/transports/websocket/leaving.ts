/** How a socket leaves a process that ends, so that its client is shown nothing twice by the next one. */
import type { Clock } from '../../lib/clock.ts';
import { atMost } from '../../lib/deadline.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { ProtocolState } from './connection.ts';
import { operationsIn } from './socket-operation.ts';

/** How long a client is waited for, and then the store, milliseconds: whoever is slower is shown again what it may not have. */
const answerMs = 1_000;
const storeMs = 500;

export interface LeavingConnection {
  readonly protocol: ProtocolState | null;
  readonly acknowledgements: Acknowledgements;
  ping(): void;
}

/**
 * Stops all streams, waits until the client has what was sent of them, and then until all processes know that it has. Resolves
 * when that is so, or when it takes too long. Never rejects.
 */
export async function leaveInOrder(connection: LeavingConnection, clock: Clock): Promise<void> {
  const operations = operationsIn(connection.protocol).map(([, operation]) => operation);
  for (const operation of operations) operation.stop();
  await atMost(clock, answerMs, untilAnswered(connection));
  await atMost(clock, storeMs, Promise.all(operations.map((operation) => operation.letGo())));
}

async function untilAnswered(connection: LeavingConnection): Promise<void> {
  await connection.acknowledgements.answered();
  connection.ping();
  await connection.acknowledgements.answered();
}
