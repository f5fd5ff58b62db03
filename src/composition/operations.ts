/** Puts together what executes operations, on top of repositories and stores: schema, hub and front door. */
import { NoSchemaIntrospectionCustomRule, type GraphQLSchema, type ParseOptions } from 'graphql';
import { requestsPerMinute, scaledLimit, subscribesPerMinute } from '../config/rates.ts';
import { dayMs } from '../lib/clock.ts';
import { mebibyte } from '../lib/memory/bytes.ts';
import { Turns } from '../lib/turns/turns.ts';
import type { Ingest } from '../modules/dispatch/notifications/ingest.ts';
import {
  constantSpeed,
  createAreaFeed,
  createBoardCursorStep,
  createLoaders,
  createResolvers,
  DeviceClocks,
  UserStatusFeed,
  type SessionControl,
} from '../modules/index.ts';
import { CostModel } from '../operations/cost/cost.ts';
import { Documents } from '../operations/documents/documents.ts';
import { Executor } from '../operations/executor.ts';
import { createErrorFormatter, type ErrorFormatter } from '../operations/format-error.ts';
import { Gates } from '../operations/gates.ts';
import { createLimits, type TextLimits } from '../operations/limits.ts';
import { OperationCache } from '../operations/operation-cache.ts';
import { Operations } from '../operations/operations.ts';
import { OperationRate } from '../operations/streams/rate.ts';
import { noSdlRule } from '../operations/public-operations.ts';
import { Hub } from '../realtime/hub.ts';
import type { CursorRules } from '../realtime/cursors/cursor-rules.ts';
import type { StreamContext } from '../schema/context.ts';
import { scopeOf } from '../schema/permissions.ts';
import { createSchema } from '../schema/schema.ts';
import { emptyScope } from '../schema/scope.ts';
import { TracedSchema } from '../schema/traced-schema.ts';
import type { Presence } from '../stores/presence/presence.ts';
import type { FlushScheduler } from '../transports/flush-scheduler.ts';
import type { AppContext } from './app-context.ts';
import type { Repositories } from './repositories.ts';
import { openTimeoutMs, type Stores } from './stores.ts';

/** Memory for the texts of operations that are kept ready, about, bytes. */
const maxCacheBytes = 32 * mebibyte;

export interface OpenOperations {
  readonly schema: GraphQLSchema;
  readonly hub: Hub;
  readonly operations: Operations;
  readonly formatError: ErrorFormatter;
  readonly presence: Presence;
  /** By which texts are parsed, also by whoever has to look into one before it comes to the front door. */
  readonly parseOptions: ParseOptions;
}

export interface OperationsDeps {
  readonly repositories: Repositories;
  readonly stores: Stores;
  readonly ingest: Ingest;
  readonly cursors: CursorRules;
  readonly scheduler: FlushScheduler;
  readonly sessionControl: SessionControl;
  readonly connectionStats: () => { readonly connections: number; readonly subscriptions: number };
}

export function openOperations(context: AppContext, deps: OperationsDeps): OpenOperations {
  const { config, clock, log, metrics, tracing, parts } = context;
  const { eventLog, sessions, rateLimit, createPresence } = deps.stores;
  const statusFeed = new UserStatusFeed({ eventLog, sessions, clock, log });
  parts.add('the feed of statuses', () => statusFeed.close());
  const presence = createPresence(statusFeed);
  parts.add('presence', () => presence.close());
  const sources = { ...deps.repositories, sessions, presence, statusFeed };
  const loadersFor = createLoaders(sources);
  const formatError = createErrorFormatter({ log, clock, suggestions: config.http.introspection });
  const deviceClocks = new DeviceClocks(context);
  parts.add('the clocks of devices', deviceClocks.start());
  const startedAt = new Date(clock.now());
  const resolvers = createResolvers({
    ...sources,
    ...{ clock, deviceClocks, sessionControl: deps.sessionControl, peers: deps.stores.peers },
    ...{ eventLog, cursorKeys: deps.cursors.keys, travelTimes: constantSpeed },
    areaFeed: createAreaFeed({ eventLog, clock, log }),
    maxPageSize: config.limits.maxPageSize,
    messageRetentionMs: config.record.retentionDays.messages * dayMs,
    onNotification: (notification) => deps.ingest.take(notification),
    processStats: () => ({ ...deps.connectionStats(), groups: hub.groups, startedAt }),
  });
  const { rateLimitScale: scale, rateLimitExemptRoles: exemptRoles } = config.limits;
  const make = () => createSchema({ resolvers, rateLimits: { rateLimit, scale, exemptRoles, metrics } });
  const schema = make();
  const executor = new Executor(schema, ({ operation, errors }) =>
    log.warn({ operation, err: errors[0] }, 'an operation could not be compiled, and is interpreted'),
  );
  const turns = new Turns(() => performance.now());
  const hub = new Hub({
    ...{ eventLog, clock, turns, metrics, log, openTimeoutMs },
    limits: config.limits,
    cursors: deps.cursors,
    execution: {
      execute: (operation, signal) => executor.execute(operation, signal),
      createContexts: (bits) => {
        const scope = { ...emptyScope, ...bits };
        return (signal): StreamContext => ({ loaders: loadersFor(signal), scope, oneself: null });
      },
      formatErrors: (errors) => errors.map((error) => formatError(error)),
      ...{ metrics, tracing },
    },
    lingerMs: config.realtime.topicLingerMs,
    onDelivered: (eventAt, traceparent) => deps.scheduler.noteDelivered(eventAt, traceparent),
  });
  parts.add('the hub', () => hub.close());
  const textLimits = createLimits(config.limits);
  const { parseOptions } = textLimits;
  const operations = new Operations({
    ...{ schema, executor, turns, hub, formatError, tracing },
    tracedSchema: config.http.federatedTraces ? new TracedSchema(make()) : null,
    cache: createCache(context, schema, textLimits),
    documents: new Documents({ ...config.documents, parseOptions, metrics, log }),
    gates: createGates(context, schema),
    maxResultBytes: config.limits.maxResultBytes,
    // Whoever calls `run` has made sure that there is a viewer, unless the operation needs none.
    createContext: ({ viewer, requestId, address, signal, session }, idempotencyKey) => ({
      ...{ viewer: viewer!, requestId, address, signal, session, idempotencyKey },
      loaders: loadersFor(signal),
      scope: viewer ? scopeOf(viewer) : emptyScope,
      oneself: viewer?.id ?? null,
    }),
    beforeExecution: createBoardCursorStep(eventLog, deps.cursors.keys, clock),
    rate: new OperationRate({
      ...{ rateLimit, exemptRoles },
      perMinute: subscribesPerMinute(config),
      onLimited: () => metrics.rateLimited.inc({ limit: 'subscribe' }),
    }),
  });
  return { schema, hub, operations, formatError, presence, parseOptions };
}

function createCache(
  { config }: AppContext,
  schema: GraphQLSchema,
  { parseOptions, validationRules }: TextLimits,
): OperationCache {
  const { introspection, sdlReaders } = config.http;
  return new OperationCache({
    schema,
    rules: [
      ...validationRules,
      ...(introspection ? [] : [NoSchemaIntrospectionCustomRule]),
      ...(sdlReaders === 'nobody' ? [noSdlRule] : []),
    ],
    parseOptions,
    suggestions: introspection,
    maxNodes: config.limits.maxNodes,
    maxBytes: maxCacheBytes,
  });
}

function createGates({ config, clock, metrics }: AppContext, schema: GraphQLSchema): Gates {
  const { limits, websocket } = config;
  return new Gates({
    limits: {
      ...limits,
      requestsPerMinute: requestsPerMinute(config),
      costPerMinute: scaledLimit(limits, limits.costPerMinute),
      maxSubscriptionsPerViewer: websocket.maxSubscriptionsPerViewer,
      exemptRoles: limits.rateLimitExemptRoles,
    },
    costs: new CostModel(schema, limits),
    clock,
    onRefused: (limit) => metrics.rateLimited.inc({ limit }),
    onCost: (type, cost) => metrics.operationCost.of(type).add(cost),
  });
}
