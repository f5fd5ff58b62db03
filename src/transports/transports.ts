/** Owns the transports of subscriptions: what they share, and that they end together. */
import type { Server } from 'node:http';
import { NoSchemaIntrospectionCustomRule, type GraphQLSchema } from 'graphql';
import type { Authentication } from '../auth/authentication.ts';
import type { Config } from '../config/config.ts';
import type { ViewerContext } from '../schema/context.ts';
import type { Executor } from '../operations/executor.ts';
import type { ErrorFormatter } from '../operations/format-error.ts';
import { createLimits } from '../operations/limits.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { FlushScheduler } from './flush-scheduler.ts';
import type { Hub } from '../realtime/hub.ts';
import { OperationCache } from '../operations/operation-cache.ts';
import type { Presence } from '../stores/presence/presence.ts';
import type { RateLimit } from '../stores/rate-limit/rate-limit.ts';
import type { ResolvedOperation } from '../operations/operations.ts';
import type { RequestInfo } from '../operations/caller.ts';
import { ConnectionTracker } from './connection-tracker.ts';
import { Callbacks } from './callback/server.ts';
import type { AddressOf } from '../http/client-address.ts';
import { EventStreams } from './sse/server.ts';
import { StreamOperations } from '../operations/operations.ts';
import type { StreamTransport } from '../http/stream-transport.ts';
import { GraphQLWebSockets } from './websocket/server.ts';

export interface StreamsOptions {
  readonly config: Config;
  readonly schema: GraphQLSchema;
  readonly executor: Executor;
  readonly hub: Hub;
  readonly scheduler: FlushScheduler;
  readonly authentication: Authentication;
  readonly createContext: (asking: RequestInfo) => ViewerContext;
  /** Called before an operation is executed; what it throws is the answer. */
  readonly prepare: (operation: ResolvedOperation) => Promise<void>;
  readonly formatError: ErrorFormatter;
  readonly presence: Presence;
  readonly rateLimit: RateLimit;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface Streams {
  /** Those that begin with a request to /graphql. */
  readonly transports: readonly StreamTransport[];
  readonly stats: { readonly connections: number; readonly subscriptions: number };
  /**
   * Asks all clients to come back, in waves over `windowMs` milliseconds, those without recent operations first. Resolves
   * when every client has answered or had the time to. New streams are refused from now on.
   */
  drain(windowMs: number): Promise<void>;
  /** Ends what is left, at once. */
  close(): void;
}

/** Texts of operations that are kept ready. */
const maxPreparedOperations = 2_000;

export function createStreams(server: Server, addressOf: AddressOf, options: StreamsOptions): Streams {
  const { config, authentication } = options;
  const { outboxMaxBytes } = config.realtime;
  const operations = createOperations(options);
  const attendance = new ConnectionTracker({ ...options, ...config.websocket });
  const watchViewer: Authentication['watch'] = (viewer, onEnd) => authentication.watch(viewer, onEnd);
  const shared = { ...options, operations, attendance, watchViewer };
  const sockets = new GraphQLWebSockets({
    ...shared,
    server,
    authenticate: (params, authorization) => authentication.ofConnection(params, authorization),
    addressOf,
    allowedOrigins: config.http.corsOrigins,
    limits: {
      ...config.websocket,
      connectsPerMinute: scaled(options, config.limits.connectsPerMinute),
      outboxMaxBytes,
    },
  });
  const limits = { keepAliveMs: config.websocket.keepAliveMs, outboxMaxBytes };
  const eventStreams = new EventStreams({ ...shared, limits });
  const callbacks = new Callbacks({ ...shared, ...config.callbacks, maxBytes: outboxMaxBytes });
  const all = [sockets, eventStreams, callbacks];
  return {
    transports: [callbacks, eventStreams],
    get stats() {
      const connections = all.reduce((sum, transport) => sum + transport.connections, 0);
      return { connections, subscriptions: operations.subscriptions };
    },
    async drain(windowMs) {
      await Promise.all(all.map((transport) => transport.drain(windowMs)));
    },
    close() {
      for (const transport of all) transport.close();
    },
  };
}

function createOperations(options: StreamsOptions): StreamOperations {
  const { config, schema, metrics } = options;
  const { parseOptions, validationRules } = createLimits(config.limits);
  const rules = config.http.introspection
    ? validationRules
    : [...validationRules, NoSchemaIntrospectionCustomRule];
  return new StreamOperations({
    ...options,
    operations: new OperationCache({ schema, rules, parseOptions, maxEntries: maxPreparedOperations }),
    limits: {
      ...config.websocket,
      subscribesPerMinute: scaled(options, config.limits.subscribesPerMinute),
      exemptRoles: config.limits.rateLimitExemptRoles,
    },
    onRateLimited: () => metrics.rateLimited.inc({ limit: 'subscribe' }),
  });
}

/** A limit as it is configured to be; null when rate limits are turned off. */
function scaled({ config }: StreamsOptions, limit: number): number | null {
  const { rateLimitScale } = config.limits;
  return rateLimitScale === 0 ? null : Math.max(1, Math.round(limit * rateLimitScale));
}
