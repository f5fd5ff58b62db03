/** What a transport is, and what it is given. */
import type { Server } from 'node:http';
import type { Authentication } from '../auth/authentication.ts';
import type { StreamTickets } from '../auth/stream-tickets.ts';
import type { Config } from '../config/config.ts';
import type { AddressOf, IsGateway } from '../http/connections/client-address.ts';
import type { ConnectionBound } from '../http/connections/connection-bound.ts';
import type { ProvesGateway } from '../http/connections/gateway-secret.ts';
import type { StalledConnections } from '../http/connections/stalled-connections.ts';
import type { CutOff } from '../http/health/cut-off.ts';
import type { SharedStreams, StreamTransport } from '../http/stream-transport.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Operations } from '../operations/operations.ts';
import type { UnreadBytes } from '../operations/unread.ts';
import type { ReceiptKeeper } from '../realtime/receipts/receipt-keeper.ts';
import type { SlotKeeper } from '../realtime/slots/slot-keeper.ts';
import type { CallbackStore } from '../stores/callbacks/callbacks.ts';
import type { PubSub } from '../stores/pubsub/pubsub.ts';
import type { RateLimit } from '../stores/rate-limit/rate-limit.ts';
import type { ConnectionTracker } from './connection-tracker.ts';
import type { FlushScheduler } from './flush-scheduler.ts';
import type { Sessions } from './session.ts';
import type { Waits } from './waits.ts';

export interface TransportContext {
  readonly config: Config;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly server: Server;
  readonly addressOf: AddressOf;
  readonly isGateway: IsGateway;
  readonly provesGateway: ProvesGateway;
  readonly connections: ConnectionBound;
  readonly authentication: Authentication;
  readonly rateLimit: RateLimit;
  readonly operations: Operations;
  readonly scheduler: FlushScheduler;
  /** Null where no places are kept for clients who come back. */
  readonly slots: SlotKeeper | null;
  /** What keeps subscriptions by callback; null where nothing outlives this process. */
  readonly callbacks: CallbackStore | null;
  /** Null where no receipts are kept. */
  readonly receipts: ReceiptKeeper | null;
  /** Null where none are given. */
  readonly tickets: StreamTickets | null;
  /** What processes tell each other; null where there is but one. */
  readonly signals: PubSub | null;
  /** Whether streams stand still; null where they need nothing outside of this process. */
  readonly outage: Pick<CutOff, 'standsSince'> | null;
  readonly sessions: Sessions;
  readonly tracker: ConnectionTracker;
  readonly stalled: StalledConnections;
  readonly unread: UnreadBytes;
  readonly waits: Waits;
}

export interface Transport {
  /** How it answers requests to /graphql. Absent for a transport that listens to the server in another way. */
  readonly overHttp?: StreamTransport;
  /** Its streams that many operations share, if it has some. */
  readonly shared?: SharedStreams;
  /** Releases what it holds. Its sessions were ended before. */
  close(): void | Promise<void>;
}
