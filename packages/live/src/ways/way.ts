/** A way to the service: WebSocket, or event streams where WebSockets do not pass. */
import type { GraphQLProblem } from '../core/problems.ts';
import type { Variables } from '../core/operation.ts';
import type { Tokens } from '../core/tokens.ts';

export interface Payload {
  readonly query: string;
  readonly operationName?: string | undefined;
  /** Sent as they are when the connection is made again: cursors are written into them. */
  readonly variables: Record<string, unknown>;
}

export interface Result {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphQLProblem[];
  readonly extensions?: Variables;
}

export interface Sink {
  next(result: Result): void;
  /** The operation was refused, or has failed. */
  refused(errors: readonly GraphQLProblem[]): void;
  /** The connection was refused for good, with everything on it. The way has said why by `onRefused`. */
  cutOff(): void;
  complete(): void;
}

export interface Way {
  readonly name: 'websocket' | 'event-stream';
  /** Sends it, again after each reconnect. Returns what ends it, after which the sink is not called. */
  subscribe(payload: Payload, sink: Sink): () => void;
  /** Makes the connections anew, with what the app then gives as token. */
  reconnect(): void;
  dispose(): void;
}

/** What a way tells of its connections. */
export interface WayEvents {
  onConnecting(): void;
  /** `time`: that of the service, ISO 8601; null where something stands in between, which may drop events. */
  onLive(time: string | null): void;
  /** Something came. */
  onSign(): void;
  /** Nothing has come for longer than it should take. */
  onLate(): void;
  onLost(): void;
  /** The connection was refused in a way that is the same the next time. `code`: with which it was closed. */
  onRefused(reason: string, code: number | null): void;
}

/** Close codes of the service: no good token, and one that has expired. */
export const unauthorized = 4401;
export const expired = 4403;
/** Whether another token may help. */
export const isOfToken = (code: number | null): boolean => code === unauthorized || code === expired;
/** With which the stock client closes when the app has no token just now. */
export const noToken = 4005;

/** All in milliseconds. */
export interface Timing {
  /** How long it may be quiet before the service is asked whether it is there. Default 10,000. */
  readonly quietMs: number;
  /** How long the answer may take before what is shown counts as late. Default 2,000. */
  readonly lateMs: number;
  /** How long it may take before the connection counts as lost, and is made again. Default 5,000. */
  readonly silentMs: number;
  /** How long making a connection may take. Default 10,000. */
  readonly connectMs: number;
  /** How long the connection is kept when nothing is watched any more: what is shown again finds it still there. Default 3,000. */
  readonly lingerMs: number;
  /** How long an event stream may say nothing; services and routers send something every 15 s at the latest. Default 40,000. */
  readonly streamSilentMs: number;
  /**
   * Within which it is noticed that what came behind the last event of a stream was dropped on the way: so often the service is asked where
   * streams stand. Default 15,000 behind a router; the service itself drops nothing, so it is not asked.
   */
  readonly tailMs: number | undefined;
}

export const defaultTiming: Timing = {
  quietMs: 10_000,
  lateMs: 2_000,
  silentMs: 5_000,
  connectMs: 10_000,
  lingerMs: 3_000,
  streamSilentMs: 40_000,
  tailMs: undefined,
};

export interface WayOptions {
  /** With `http:` or `https:`. */
  readonly url: string;
  readonly tokens: Tokens;
  readonly timing: Timing;
  readonly events: WayEvents;
  /** The class to open sockets with, where there is none in this environment. */
  readonly webSocketImpl?: unknown;
}
