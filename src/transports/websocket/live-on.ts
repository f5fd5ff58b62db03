/** What is live on a socket: the streams among its operations. */
import type { LiveClient } from '../live.ts';
import type { ProtocolState } from './connection.ts';
import { operationsIn } from './socket-operation.ts';

export const liveOn = (protocol: ProtocolState | null, waitingBytes: number): LiveClient => ({
  transport: 'WEBSOCKET',
  waitingBytes,
  streams: operationsIn(protocol).flatMap(([, { live }]) => live ?? []),
});
