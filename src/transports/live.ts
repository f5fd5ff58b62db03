/** Finds the subscriptions that are live on this process, for whoever operates the service. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { OpenStream } from '../operations/operations.ts';
import type { StreamPosition } from '../realtime/resumption.ts';
import type { LiveFilter, FoundSubscription } from '../stores/peers/messages.ts';
import type { Session } from './session.ts';

export interface LiveStream {
  readonly stream: OpenStream;
  /** What its client has said that it has received; null where it has not, or cannot. */
  readonly acknowledged: StreamPosition | null;
}

/** What a transport says of one client. */
export interface LiveClient {
  readonly transport: FoundSubscription['transport'];
  /** Bytes that it has not taken yet, of all its streams together. */
  readonly waitingBytes: number;
  readonly streams: readonly LiveStream[];
}

export interface FoundLive {
  /** How many there are, shown or not. */
  readonly total: number;
  /** Those of whoever came first are first. */
  readonly subscriptions: readonly FoundSubscription[];
}

/** Sessions that are looked at in one turn of the loop, in which nobody else is served. */
const sessionsPerTurn = 500;

/** `process` is what this process is called. */
export async function findLive(
  sessions: Iterable<Session>,
  { userId, operationName, limit }: LiveFilter,
  process: string,
): Promise<FoundLive> {
  const subscriptions: FoundSubscription[] = [];
  let total = 0;
  let looked = 0;
  for (const session of sessions) {
    const { viewer, id: connectionId } = session;
    looked += 1;
    if (looked % sessionsPerTurn === 0) await nextTurn();
    if (!viewer || (userId !== null && viewer.id !== userId)) continue;
    const { transport, waitingBytes, streams } = session.live();
    for (const { stream, acknowledged } of streams) {
      const { facts } = stream;
      if (operationName !== null && facts.operationName !== operationName) continue;
      total += 1;
      if (subscriptions.length >= limit) continue;
      const where = { userId: viewer.id, transport, process, connectionId, waitingBytes };
      const how = { sent: stream.textOf(stream.position), acknowledged: stream.textOf(acknowledged) };
      subscriptions.push({ ...facts, ...where, ...how });
    }
  }
  return { total, subscriptions };
}
