/** The list of transports: a new one is a folder, and a line here. */
import type { SharedStreams, StreamTransport } from '../http/stream-transport.ts';
import { createCallbackTransport } from './callback/server.ts';
import { ConnectionTracker } from './connection-tracker.ts';
import { endSessions } from './end-sessions.ts';
import { refusals } from './endings.ts';
import { findLive, type FoundLive } from './live.ts';
import { Sessions } from './session.ts';
import { createMultipartTransport } from './multipart/server.ts';
import { createSseTransport } from './sse/server.ts';
import type { Transport, TransportContext } from './transport.ts';
import { Waits } from './waits.ts';
import { createWebSocketTransport } from './websocket/server.ts';
import type { LiveFilter } from '../stores/peers/messages.ts';
import type { Presence } from '../stores/presence/presence.ts';

/** A request to /graphql is offered to them in this order. */
const creators: readonly ((context: TransportContext) => Transport)[] = [
  createWebSocketTransport,
  createCallbackTransport,
  createMultipartTransport,
  createSseTransport,
];

export interface Transports {
  /** Those that answer requests to /graphql. */
  readonly overHttp: readonly StreamTransport[];
  /** Null where there are none. */
  readonly shared: SharedStreams | null;
  readonly stats: { readonly connections: number; readonly subscriptions: number };
  /** `process` is what this process is called. */
  findLive(filter: LiveFilter, process: string): Promise<FoundLive>;
  /** Asks all clients to connect again, and refuses newcomers from now on. */
  drain(windowMs: number): Promise<void>;
  /** See `Sessions.sendAway`. */
  sendAway(windowMs: number): Promise<void>;
  /** Whether newcomers are refused, since another process serves them better. */
  refuseNew(isRefused: boolean): void;
  /** Ends what is left, at once. Resolves when it was told what others have to know of that. */
  close(): Promise<void>;
}

/** The longest time between two rounds through all sessions, milliseconds. */
const maxRoundMs = 250;

export function createTransports(
  context: Omit<TransportContext, 'sessions' | 'tracker' | 'waits'> & { readonly presence: Presence },
): Transports {
  const { config } = context;
  const tracker = new ConnectionTracker({ ...context, ...config.websocket });
  const roundMs = Math.min(maxRoundMs, config.websocket.keepAliveMs);
  const sessions = new Sessions({ ...context, tracker, roundMs });
  const { authentication, metrics } = context;
  const forgetEnds = authentication.onEnded(() => endSessions(sessions, authentication, metrics));
  const waits = new Waits({ ...context, ...config.websocket });
  const transports = creators.map((create) => create({ ...context, sessions, tracker, waits }));
  return {
    overHttp: transports.flatMap(({ overHttp }) => overHttp ?? []),
    shared: transports.find(({ shared }) => shared)?.shared ?? null,
    get stats() {
      return { connections: sessions.size, subscriptions: tracker.subscriptions };
    },
    findLive: (filter, process) => findLive(sessions, filter, process),
    drain(windowMs) {
      sessions.refusal = refusals.draining;
      return sessions.sendAway(windowMs);
    },
    sendAway: (windowMs) => sessions.sendAway(windowMs),
    refuseNew(isRefused) {
      if (sessions.refusal !== refusals.draining) sessions.refusal = isRefused ? refusals.cutOff : null;
    },
    async close() {
      forgetEnds();
      sessions.close();
      for (const transport of transports) await transport.close();
    },
  };
}
