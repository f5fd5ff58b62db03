/** Owns everything that is reachable on the port: how it is put together, opened, and closed. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { NoSchemaIntrospectionCustomRule, type GraphQLSchema } from 'graphql';
import type { Authentication } from '../auth/authentication.ts';
import { issueToken } from '../auth/issue-token.ts';
import type { Config } from '../config.ts';
import type { ViewerContext } from '../graphql/context.ts';
import type { ErrorFormatter } from '../graphql/format-error.ts';
import { createLimits } from '../graphql/limits.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { UndoStack } from '../lib/undo.ts';
import type { FlushScheduler } from '../realtime/flush-scheduler.ts';
import type { Hub } from '../realtime/hub.ts';
import { OperationCache } from '../realtime/operation-key.ts';
import type { Presence } from '../stores/presence.ts';
import type { RateLimit } from '../stores/rate-limit.ts';
import { createApollo, type ResolvedOperation } from './apollo.ts';
import { createAddressOf, type AddressOf } from './client-address.ts';
import { closeServer, InFlight } from './closing.ts';
import { addCors } from './cors.ts';
import { addGraphQL, graphqlPath, type Asking } from './graphql.ts';
import { addHealth, Readiness, type DependencyCheck } from './health.ts';
import { addMetrics } from './metrics.ts';
import { createOperationLog } from './operation-log.ts';
import { SocketOperations } from './operations.ts';
import { addPlayground } from './playground.ts';
import { createServer } from './server.ts';
import { GraphQLWebSockets } from './websocket.ts';

export interface EndpointsOptions {
  readonly config: Config;
  readonly schema: GraphQLSchema;
  readonly hub: Hub;
  readonly scheduler: FlushScheduler;
  readonly authentication: Authentication;
  readonly createContext: (asking: Asking) => ViewerContext;
  /** Called before an operation is executed; what it throws is the answer. */
  readonly prepare: (operation: ResolvedOperation) => Promise<void>;
  readonly formatError: ErrorFormatter;
  readonly presence: Presence;
  readonly rateLimit: RateLimit;
  /** What this process needs in order to serve, by name. */
  readonly checks: Readonly<Record<string, DependencyCheck>>;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly undo: UndoStack;
}

export interface Endpoints {
  readonly url: string;
  readonly readiness: Readiness;
  readonly sockets: GraphQLWebSockets;
}

const dependencyTimeoutMs = 2_000;
const playgroundTokenTtlMs = 24 * 60 * 60_000;
/** Texts of operations that are kept ready for WebSockets. */
const maxPreparedOperations = 2_000;
/** Share of the shutdown's deadline that clients get; the rest is for our own stores. */
const clientsShare = 0.8;
/** Time that closing sockets takes beyond its window, milliseconds: the last of them may answer. */
const socketAnswerMs = 2_500;

/** Resolves when the port is open. */
export async function openEndpoints(options: EndpointsOptions): Promise<Endpoints> {
  const { config, checks, log, undo } = options;
  const { maxBodyBytes, requestTimeoutMs, trustProxy, host, port } = config.http;
  const server = createServer({ maxBodyBytes, requestTimeoutMs, log });
  const inFlight = new InFlight(server);
  const readiness = new Readiness({ checks, timeoutMs: dependencyTimeoutMs, log });
  const addressOf = createAddressOf(trustProxy);
  await addRoutes(server, readiness, addressOf, options);
  const sockets = createSockets(server, addressOf, options);
  undo.add('sockets', () => sockets.close());
  undo.add('server', () => close({ server, inFlight, sockets }, options));
  await server.listen({ host, port });
  return { url: urlOf(server.server.address() as AddressInfo), readiness, sockets };
}

async function addRoutes(
  server: FastifyInstance,
  readiness: Readiness,
  addressOf: AddressOf,
  options: EndpointsOptions,
): Promise<void> {
  const { config, schema, authentication, createContext, prepare, formatError, clock, metrics, log, undo } =
    options;
  const { introspection, corsOrigins, playground } = config.http;
  const limits = createLimits(config.limits);
  const apollo = createApollo({ schema, introspection, ...limits, prepare, formatError, log });
  await apollo.start();
  undo.add('graphql', () => apollo.stop());
  await addCors(server, corsOrigins);
  addGraphQL(server, {
    apollo,
    introspection,
    parseOptions: limits.parseOptions,
    addressOf,
    createContext,
    formatError,
    authenticate: (authorization) => authentication.ofRequest(authorization),
    logOperation: createOperationLog(log, metrics),
  });
  addHealth(server, readiness);
  addMetrics(server, metrics);
  if (!playground) return;
  const createToken = createPlaygroundToken(config, clock);
  addPlayground(server, { graphqlPath, createToken, tokenTtlMs: playgroundTokenTtlMs, clock });
}

/** The development secret is everybody's, and so may be what it signs. Any other secret's tokens are not given away. */
function createPlaygroundToken(config: Config, clock: Clock): (() => Promise<string>) | null {
  if (config.auth.kind !== 'secret' || !config.auth.usesDevelopmentSecret) return null;
  const claims = { sub: 'playground', role: 'dispatcher', name: 'Playground' };
  return () => issueToken(config, claims, { ttlMs: playgroundTokenTtlMs, clock });
}

function createSockets(
  server: FastifyInstance,
  addressOf: AddressOf,
  options: EndpointsOptions,
): GraphQLWebSockets {
  const { config, hub, schema, createContext, prepare, authentication, metrics, rateLimit } = options;
  const { parseOptions, validationRules } = createLimits(config.limits);
  const { rateLimitScale, rateLimitExemptRoles, subscribesPerMinute, connectsPerMinute } = config.limits;
  const scaled = (limit: number) =>
    rateLimitScale === 0 ? null : Math.max(1, Math.round(limit * rateLimitScale));
  const rules = config.http.introspection
    ? validationRules
    : [...validationRules, NoSchemaIntrospectionCustomRule];
  const operations = new SocketOperations({
    schema,
    hub,
    createContext,
    prepare,
    rateLimit,
    operations: new OperationCache({ schema, rules, parseOptions, maxEntries: maxPreparedOperations }),
    limits: {
      ...config.websocket,
      subscribesPerMinute: scaled(subscribesPerMinute),
      exemptRoles: rateLimitExemptRoles,
    },
    onRateLimited: () => metrics.rateLimited.inc({ limit: 'subscribe' }),
  });
  return new GraphQLWebSockets({
    ...options,
    server: server.server,
    operations,
    authenticate: (params, authorization) => authentication.ofConnection(params, authorization),
    addressOf,
    allowedOrigins: config.http.corsOrigins,
    limits: {
      ...config.websocket,
      connectsPerMinute: scaled(connectsPerMinute),
      outboxMaxBytes: config.realtime.outboxMaxBytes,
    },
  });
}

interface Open {
  readonly server: FastifyInstance;
  readonly inFlight: InFlight;
  readonly sockets: GraphQLWebSockets;
}

/** Answers what was asked and lets sockets go, as far as the deadline allows. */
async function close(
  { server, inFlight, sockets }: Open,
  { config, clock }: EndpointsOptions,
): Promise<void> {
  const { deadlineMs, drainMs } = config.shutdown;
  const answerMs = deadlineMs * clientsShare;
  const windowMs = Math.max(0, Math.min(drainMs, answerMs - socketAnswerMs));
  await Promise.all([sockets.drain(windowMs), closeServer(server, { inFlight, clock, answerMs })]);
}

function urlOf({ address, family, port }: AddressInfo): string {
  const everywhere = address === '0.0.0.0' || address === '::';
  const host = everywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
