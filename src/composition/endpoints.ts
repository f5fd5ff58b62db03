/** Owns everything that is reachable on the port: how it is put together, opened, and closed. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { issueToken, type TokenClaims } from '../auth/issue-token.ts';
import type { Config } from '../config/config.ts';
import { createLimits } from '../operations/limits.ts';
import type { Clock } from '../lib/clock.ts';
import type { UndoStack } from '../lib/undo.ts';
import { createApollo } from '../http/apollo.ts';
import { addBoard } from '../http/board.ts';
import { createAddressOf, type AddressOf } from '../http/client-address.ts';
import { closeServer, InFlight } from '../http/in-flight.ts';
import { addCors } from '../http/cors.ts';
import { addGraphQL, graphqlPath } from '../http/graphql.ts';
import { addHealth, Readiness, type DependencyCheck } from '../http/health.ts';
import { addMetrics } from '../http/metrics.ts';
import { createOperationLog } from '../observability/operation-log.ts';
import { addPlayground } from '../http/playground.ts';
import { createServer } from '../http/server.ts';
import { createStreams, type Streams, type StreamsOptions } from '../transports/transports.ts';

export interface EndpointsOptions extends StreamsOptions {
  /** What this process needs in order to serve, by name. */
  readonly checks: Readonly<Record<string, DependencyCheck>>;
  /** The state of services that it can do without for a while, by name. */
  readonly upstreams: Readonly<Record<string, () => string>>;
  readonly undo: UndoStack;
}

export interface Endpoints {
  readonly url: string;
  readonly readiness: Readiness;
  readonly streams: Streams;
}

const dependencyTimeoutMs = 2_000;
const pageTokenTtlMs = 24 * 60 * 60_000;
/** Share of the shutdown's deadline that clients get; the rest is for our own stores. */
const clientsShare = 0.8;
/** Time that ending streams takes beyond its window, milliseconds: the last of their clients may answer. */
const streamAnswerMs = 2_500;

/** Resolves when the port is open. */
export async function openEndpoints(options: EndpointsOptions): Promise<Endpoints> {
  const { config, checks, upstreams, log, undo } = options;
  const { maxBodyBytes, requestTimeoutMs, trustProxy, host, port } = config.http;
  const server = createServer({ maxBodyBytes, requestTimeoutMs, log });
  const inFlight = new InFlight(server);
  const readiness = new Readiness({ checks, upstreams, timeoutMs: dependencyTimeoutMs, log });
  const addressOf = createAddressOf(trustProxy);
  const streams = createStreams(server.server, addressOf, options);
  undo.add('streams', () => streams.close());
  await addRoutes(server, { readiness, addressOf, streams }, options);
  undo.add('server', () => close({ server, inFlight, streams }, options));
  await server.listen({ host, port });
  return { url: urlOf(server.server.address() as AddressInfo), readiness, streams };
}

async function addRoutes(
  server: FastifyInstance,
  { readiness, addressOf, streams }: { readiness: Readiness; addressOf: AddressOf; streams: Streams },
  options: EndpointsOptions,
): Promise<void> {
  const {
    config,
    schema,
    executor,
    authentication,
    createContext,
    prepare,
    formatError,
    clock,
    metrics,
    log,
    undo,
  } = options;
  const { introspection, corsOrigins, playground } = config.http;
  const limits = createLimits(config.limits);
  const apollo = createApollo({ schema, executor, introspection, ...limits, prepare, formatError, log });
  await apollo.start();
  undo.add('graphql', () => apollo.stop());
  await addCors(server, corsOrigins);
  addGraphQL(server, {
    apollo,
    introspection,
    parseOptions: limits.parseOptions,
    addressOf,
    createContext,
    transports: streams.transports,
    formatError,
    authenticate: (authorization) => authentication.ofRequest(authorization),
    logOperation: createOperationLog(log, metrics),
  });
  addHealth(server, readiness);
  addMetrics(server, metrics);
  if (!playground) return;
  const createToken = createPageToken(config, clock, playgroundClaims);
  addPlayground(server, { graphqlPath, createToken, tokenTtlMs: pageTokenTtlMs, clock });
  addBoard(server, { graphqlPath, createToken: createPageToken(config, clock, boardClaims) });
}

const playgroundClaims = { sub: 'playground', role: 'dispatcher', name: 'Playground' };
const boardClaims = {
  ...{ sub: 'board', role: 'dispatcher', name: 'Board' },
  permissions: ['view-dispatches', 'view-users'],
};

/** The development secret is everybody's, and so may be what it signs. Any other secret's tokens are not given away. */
function createPageToken(config: Config, clock: Clock, leases: TokenClaims): (() => Promise<string>) | null {
  if (config.auth.kind !== 'secret' || !config.auth.usesDevelopmentSecret) return null;
  return () => issueToken(config, leases, { ttlMs: pageTokenTtlMs, clock });
}

interface Open {
  readonly server: FastifyInstance;
  readonly inFlight: InFlight;
  readonly streams: Streams;
}

/** Answers what was asked and lets streams go, as far as the deadline allows. */
async function close(
  { server, inFlight, streams }: Open,
  { config, clock }: EndpointsOptions,
): Promise<void> {
  const { deadlineMs, drainMs } = config.shutdown;
  const answerMs = deadlineMs * clientsShare;
  const windowMs = Math.max(0, Math.min(drainMs, answerMs - streamAnswerMs));
  await Promise.all([streams.drain(windowMs), closeServer(server, { inFlight, clock, answerMs })]);
}

function urlOf({ address, family, port }: AddressInfo): string {
  const everywhere = address === '0.0.0.0' || address === '::';
  const host = everywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
