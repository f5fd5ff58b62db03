/** Everything that is reachable on the port: puts it together, opens it, and closes it. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Authentication } from '../auth/authentication.ts';
import type { StreamTickets } from '../auth/stream-tickets.ts';
import { issueToken, type TokenClaims } from '../auth/issue-token.ts';
import { createApollo } from '../http/apollo.ts';
import { addBoard } from '../http/board.ts';
import { createAddressOf, createIsGateway, type AddressOf } from '../http/connections/client-address.ts';
import { createProvesGateway, type ProvesGateway } from '../http/connections/gateway-secret.ts';
import { listen } from '../http/connections/listen.ts';
import { addGraphQL, graphqlPath } from '../http/graphql.ts';
import { addHealth, addMetrics, detailsFor } from '../http/health/health.ts';
import { watchOwnTrouble } from '../http/health/own-trouble.ts';
import { Readiness, type ReadinessOptions } from '../http/health/readiness.ts';
import { addPlayground } from '../http/playground/playground.ts';
import { closeServer, InFlight } from '../http/connections/in-flight.ts';
import { addCors, createServer } from '../http/server.ts';
import { StalledConnections } from '../http/connections/stalled-connections.ts';
import { createOperationLog } from '../observability/operation-log.ts';
import { UnreadBytes } from '../operations/unread.ts';
import type { ReceiptKeeper } from '../realtime/receipts/receipt-keeper.ts';
import type { SlotKeeper } from '../realtime/slots/slot-keeper.ts';
import type { CallbackStore } from '../stores/callbacks/callbacks.ts';
import type { PubSub } from '../stores/pubsub/pubsub.ts';
import type { RateLimit } from '../stores/rate-limit/rate-limit.ts';
import type { FlushScheduler } from '../transports/flush-scheduler.ts';
import { createTransports, type Transports } from '../transports/transports.ts';
import type { AppContext } from './app-context.ts';
import { createCutOff, watchCutOff, type CutOffDeps } from './ports/cut-off.ts';
import { boundConnections } from './ports/connections.ts';
import type { OpenOperations } from './operations.ts';
import { openOperatorPort } from './ports/operator-port.ts';

export interface EndpointsDeps
  extends OpenOperations, Pick<ReadinessOptions, 'checks' | 'upstreams' | 'clockSkewMs'> {
  readonly authentication: Authentication;
  readonly rateLimit: RateLimit;
  readonly scheduler: FlushScheduler;
  readonly slots: SlotKeeper | null;
  readonly callbacks: CallbackStore | null;
  readonly receipts: ReceiptKeeper | null;
  readonly tickets: StreamTickets | null;
  readonly signals: PubSub | null;
  readonly shared: CutOffDeps;
}

export interface Endpoints {
  readonly url: string;
  readonly readiness: Readiness;
  readonly stats: Transports['stats'];
  readonly findLive: Transports['findLive'];
}

const dependencyTimeoutMs = 2_000;
const pageTokenTtlMs = 24 * 60 * 60_000;
/** Share of the shutdown's deadline that is for clients; the rest is for closing our own stores. */
const clientsShare = 0.8;
/** Time that ending streams takes beyond its window, milliseconds: the last clients need time to answer. */
const streamAnswerMs = 2_500;

/** Resolves when the port is open. */
export async function openEndpoints(context: AppContext, deps: EndpointsDeps): Promise<Endpoints> {
  const { config, log, parts } = context;
  const { host, port } = config.http;
  const server = createServer({ ...config.http, log });
  const connections = boundConnections(server, context);
  const inFlight = new InFlight(server);
  const stalled = new StalledConnections(server.server, {
    ...context,
    timeoutMs: config.http.stallTimeoutMs,
  });
  parts.add('the watch of stalled connections', () => stalled.close());
  const unread = new UnreadBytes(config.limits, context.metrics);
  const ownTrouble = watchOwnTrouble();
  parts.add('the watch of own trouble', () => ownTrouble[Symbol.dispose]());
  const cutOff = createCutOff(context, deps.shared);
  const readiness = new Readiness({
    ...{ ...context, ...deps, timeoutMs: dependencyTimeoutMs },
    findOwnTrouble: async () => connections.trouble ?? cutOff?.trouble ?? (await ownTrouble.find()),
  });
  await openOperatorPort(context, readiness);
  const addressOf = createAddressOf(config.http);
  const provesGateway = createProvesGateway(config.secrets.gatewaySecrets);
  const transports = createTransports({
    ...{ ...context, ...deps, server: server.server },
    ...{ addressOf, stalled, unread, connections, provesGateway, outage: cutOff },
    isGateway: createIsGateway(config.http.gatewayNetworks),
  });
  parts.add('the transports', () => transports.close());
  if (cutOff) watchCutOff(context, cutOff, transports);
  await addRoutes(server, context, deps, { readiness, addressOf, transports, unread, provesGateway });
  parts.add('the drain and the port', () => close({ server, inFlight, transports }, context));
  const address = await listen(server, { host, port, setting: 'PORT' });
  const proving = new AbortController();
  parts.add('the first proof of readiness', () => proving.abort());
  void readiness.prove(proving.signal);
  return {
    url: urlOf(address),
    readiness,
    findLive: transports.findLive,
    get stats() {
      return transports.stats;
    },
  };
}

interface Routed {
  readonly readiness: Readiness;
  readonly addressOf: AddressOf;
  readonly transports: Transports;
  readonly unread: UnreadBytes;
  readonly provesGateway: ProvesGateway;
}

async function addRoutes(
  server: FastifyInstance,
  context: AppContext,
  deps: EndpointsDeps,
  { readiness, addressOf, transports, unread, provesGateway }: Routed,
): Promise<void> {
  const { config, metrics, log, tracing, parts } = context;
  const { introspection, federatedTraces, corsOrigins, metricsPort } = config.http;
  const apollo = createApollo({ ...deps, introspection, federatedTraces, log });
  await apollo.start();
  parts.add('Apollo Server', () => apollo.stop());
  await addCors(server, corsOrigins, { hasTickets: deps.tickets !== null });
  addGraphQL(server, {
    ...deps,
    ...config.http,
    ...{ apollo, addressOf, unread, provesGateway, tracing },
    ...{ transports: transports.overHttp, sharedStreams: transports.shared },
    logOperation: createOperationLog(context),
  });
  addHealth(server, readiness, detailsFor(config.secrets.healthDetailsToken));
  if (metricsPort === null) addMetrics(server, metrics);
  addPages(server, context);
}

const playgroundClaims = { sub: 'playground', role: 'dispatcher', name: 'Playground' };
const boardClaims = {
  ...{ sub: 'board', role: 'dispatcher', name: 'Board' },
  permissions: ['view-dispatches', 'view-users'],
};

function addPages(server: FastifyInstance, { config, clock }: AppContext): void {
  /** Everybody knows the development secret, so a page may hold a token that it signed. With any other secret pages hold none. */
  const tokenFor = (claims: TokenClaims) =>
    config.auth.kind === 'secret' && config.auth.usesDevelopmentSecret
      ? () => issueToken(config, claims, { ttlMs: pageTokenTtlMs, clock })
      : null;
  const { playground, board } = config.http;
  const createToken = tokenFor(playgroundClaims);
  if (playground) addPlayground(server, { graphqlPath, createToken, tokenTtlMs: pageTokenTtlMs, clock });
  if (board) addBoard(server, { ...config.http, graphqlPath, createToken: tokenFor(boardClaims) });
}

interface Open {
  readonly server: FastifyInstance;
  readonly inFlight: InFlight;
  readonly transports: Transports;
}

/** Answers the requests that are under way and asks clients of streams to come back, as far as the deadline allows. */
async function close({ server, inFlight, transports }: Open, { config, clock }: AppContext): Promise<void> {
  const { deadlineMs, drainMs } = config.shutdown;
  const answerMs = deadlineMs * clientsShare;
  const windowMs = Math.max(0, Math.min(drainMs, answerMs - streamAnswerMs));
  await Promise.all([transports.drain(windowMs), closeServer(server, { inFlight, clock, answerMs })]);
}

function urlOf({ address, family, port }: AddressInfo): string {
  const everywhere = address === '0.0.0.0' || address === '::';
  const host = everywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
