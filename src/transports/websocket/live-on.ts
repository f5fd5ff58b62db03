/** What is live on a socket: the streams among its operations. */
import type { LiveClient, LiveStream } from '../live.ts';
import type { ProtocolState } from './connection.ts';

/** An operation that may be a stream. */
export interface StreamingOperation {
  /** Null while it is none. */
  readonly live: LiveStream | null;
}

export function liveOn(protocol: ProtocolState | null, waitingBytes: number): LiveClient {
  const own: readonly unknown[] = Object.values(protocol?.subscriptions ?? {});
  const streams = own.filter(isStreaming).flatMap(({ live }) => live ?? []);
  return { transport: 'WEBSOCKET', waitingBytes, streams };
}

const isStreaming = (operation: unknown): operation is StreamingOperation =>
  typeof operation === 'object' && operation !== null && 'live' in operation;
