/** The endpoint /graphql: finds out who is asking for what, and which transport answers. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { StreamTickets } from '../auth/stream-tickets.ts';
import { ClientError } from '../lib/errors.ts';
import { createOperationRecord, type OperationRecord } from '../observability/operation-log.ts';
import type { ErrorFormatter } from '../operations/format-error.ts';
import type { Operations } from '../operations/operations.ts';
import { idempotencyKeyOf, newAttempt, type Caller } from '../operations/request.ts';
import { isPublicOperation, type PublicOperationOptions } from '../operations/public-operations.ts';
import { UnreadAnswer, type UnreadBytes } from '../operations/unread.ts';
import { answerByApollo, type ApolloAnswerOptions } from './apollo-answer.ts';
import {
  acceptedEncodings,
  CompressedBodies,
  isEncodedBody,
  UnsupportedEncoding,
} from './compressed-body.ts';
import { gatewaySecretHeader, type ProvesGateway } from './connections/gateway-secret.ts';
import { untilGone } from './connections/until-gone.ts';
import { sendGraphQLErrors } from './graphql-response.ts';
import { Identities, type Identity, type IdentitiesOptions } from './identity.ts';
import { isOperationRequest, parseOperationRequest } from './operation-request.ts';
import type { GraphQLExchange, SharedStreams, StreamTransport } from './stream-transport.ts';
import {
  addTickets,
  asksForSharedStream,
  openSharedStream,
  type TicketsOptions,
} from './tickets/endpoint.ts';
import { ticketInAddress } from './tickets/ticket-request.ts';

export const graphqlPath = '/graphql';

/** Whether a URL leads there; a slash at the end changes nothing, as for all paths. */
export const isGraphqlPath = (url: string | undefined): boolean =>
  url?.split('?', 1)[0]?.replace(/(?<=.)\/$/, '') === graphqlPath;

export interface GraphQLEndpointOptions
  extends PublicOperationOptions, ApolloAnswerOptions, IdentitiesOptions {
  readonly operations: Operations;
  /** Null where none are given. */
  readonly tickets: StreamTickets | null;
  /** The first one that accepts a request answers it. Apollo Server answers the requests that none accepts. */
  readonly transports: readonly StreamTransport[];
  /** Null where there are none. */
  readonly sharedStreams: SharedStreams | null;
  readonly unread: UnreadBytes;
  readonly provesGateway: ProvesGateway;
  /** Size of the largest body of a viewer, as it is sent and inflated. */
  readonly maxBodyBytes: number;
  /** Size of the largest body of which nobody knows who sent it. */
  readonly maxAnonymousBodyBytes: number;
  readonly formatError: ErrorFormatter;
}

const methods = ['GET', 'POST'];
const ticketMethods = ['PUT', 'DELETE'];
const otherMethods = ['PATCH'];

/** Of the answer to a GET, which a browser or a proxy may otherwise keep for somebody else. */
const forNobodyElse = 'private, no-store';

export function addGraphQL(server: FastifyInstance, options: GraphQLEndpointOptions): void {
  const identities = new Identities(server, options);
  const { maxBodyBytes: maxBytes, maxAnonymousBodyBytes } = options;
  const maxAnonymousBytes = Math.min(maxBytes, maxAnonymousBodyBytes);
  const maxBytesOf = ({ identity }: FastifyRequest) => (identity?.viewer ? maxBytes : maxAnonymousBytes);
  const { tickets, sharedStreams } = options;
  const shared = tickets && sharedStreams ? { ...options, tickets, sharedStreams, identities } : null;
  const bodies = new CompressedBodies(server, { maxBytes, maxBytesOf });
  const serving: ServingOptions = { ...options, bodies };
  server.route({
    method: ['GET', 'POST'],
    url: graphqlPath,
    exposeHeadRoute: false,
    onRequest: (request, reply, done) => {
      if (request.method === 'GET') void reply.header('cache-control', forNobodyElse);
      // Most are known at once: a promise for each of them would cost more than all the rest.
      const finding = identities.find(request);
      if (finding) finding.then(() => done(), done);
      else done();
    },
    errorHandler: (error, request, reply) => {
      const cause = isTooLarge(error) ? (refusalOf(request) ?? error) : error;
      refuse(serving, createOperationRecord(request.id), request, reply, cause);
    },
    handler: (request, reply) =>
      shared && asksForSharedStream(request)
        ? openShared(serving, shared, request, reply)
        : serve(serving, request, reply),
  });
  if (shared) addTickets(server, graphqlPath, shared);
  const allowed = shared ? [...methods, ...ticketMethods] : methods;
  server.route({
    method: shared ? otherMethods : [...ticketMethods, ...otherMethods],
    url: graphqlPath,
    // Before the body is read, since the answer does not depend on it.
    onRequest: (_request, reply, _done) => {
      void reply
        .code(405)
        .header('allow', allowed.join(', '))
        .send({ error: `${graphqlPath} takes ${allowed.join(', ')}.` });
    },
    handler: (_request, reply) => reply,
  });
}

interface ServingOptions extends GraphQLEndpointOptions {
  readonly bodies: CompressedBodies;
}

async function openShared(
  options: ServingOptions,
  ticketOptions: TicketsOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const record = createOperationRecord(request.id);
  try {
    await openSharedStream(ticketOptions, { request, reply, signal: untilGone(reply) });
  } catch (error) {
    refuse(options, record, request, reply, error);
  }
  return reply;
}

/** Whoever shows a token that is not good is told that, and not that a good one would have a larger bound. */
function refusalOf({ identity }: FastifyRequest): unknown {
  return identity?.viewer === null && identity.showsToken ? identity.refusal : undefined;
}

const isTooLarge = (error: unknown) =>
  error instanceof ClientError && error.extensions['code'] === 'PAYLOAD_TOO_LARGE';

async function serve(
  options: ServingOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const record = createOperationRecord(request.id);
  let answer: UnreadAnswer | null = null;
  const signal = untilGone(reply, () => answer?.release());
  try {
    const { viewer, ticket } = admit(options, request);
    // Nothing in the answer depends on a viewer where there is none.
    if (viewer === null) void reply.removeHeader('cache-control');
    record.viewerId = viewer?.id ?? null;
    const address = options.addressOf(request.raw);
    const { unread } = options;
    answer = new UnreadAnswer(viewer ? unread.ofViewer(viewer) : unread.ofAddress(address));
    if (signal.aborted) answer.release();
    if (viewer && isEncodedBody(request.body)) await options.bodies.read(request, viewer.id, signal);
    const operationRequest = parseOperationRequest(request);
    const caller: Caller = {
      ...{ viewer, requestId: request.id, address, signal, quota: null },
      idempotencyKey: idempotencyKeyOf(operationRequest, request.headers['idempotency-key']),
      attempt: newAttempt(),
      isTrusted: options.provesGateway(request.headers[gatewaySecretHeader]),
      traceparent: request.headers['traceparent'],
    };
    const finding = options.operations.find(operationRequest, caller);
    const found = finding instanceof Promise ? await finding : finding;
    record.type = found.operation?.definition.operation ?? null;
    record.name = found.operation?.definition.name?.value ?? null;
    if (isOfViewer(caller)) {
      const query = found.operation?.query ?? operationRequest.query;
      const asked = query === operationRequest.query ? operationRequest : { ...operationRequest, query };
      const exchange = { request, reply, operationRequest: asked, caller, found, record, answer, ticket };
      const transport = options.transports.find((candidate) => candidate.accepts(exchange));
      if (transport) {
        options.logOperation(record, await transport.serve(exchange));
        return reply;
      }
    }
    if (found.errors) throw new AggregateError(found.errors);
    const variables = operationRequest.variables ?? {};
    await answerByApollo(options, { request, reply, answer }, { found, variables, caller, record, request });
  } catch (error) {
    refuse(options, record, request, reply, error, answer);
  }
  return reply;
}

const isOfViewer = (caller: Caller): caller is GraphQLExchange['caller'] => caller.viewer !== null;

/** The viewer, or null for an operation that needs none. Throws when the operation needs one and the request names none. */
function admit(
  options: ServingOptions,
  request: FastifyRequest,
): Pick<Extract<Identity, { ticket: unknown }>, 'ticket'> & Pick<Identity, 'viewer'> {
  const { identity } = request;
  if (!identity) throw new Error('A request was not identified.');
  if (identity.viewer) return identity;
  const source = (request.method === 'GET' ? request.query : request.body) as
    { query?: unknown } | null | undefined;
  if (typeof source?.query === 'string' && isPublicOperation(source.query, options))
    return { viewer: null, ticket: null };
  throw identity.refusal;
}

/** What Fastify found wrong with a request before any handler saw it. */
function readRequestError(error: unknown): ClientError | null {
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
  if (!code?.startsWith('FST_') || statusCode === undefined || statusCode >= 500) return null;
  if (statusCode === 415)
    return new ClientError('UNSUPPORTED_MEDIA_TYPE', 'Send the request body as application/json.');
  return new ClientError('BAD_REQUEST', message ?? 'The request cannot be read.');
}

function refuse(
  options: ServingOptions,
  record: OperationRecord,
  request: FastifyRequest,
  reply: FastifyReply,
  thrown: unknown,
  answer: UnreadAnswer | null = null,
): void {
  const errors = thrown instanceof AggregateError ? thrown.errors : [readRequestError(thrown) ?? thrown];
  if (request.method === 'GET') void reply.header('cache-control', forNobodyElse);
  if (thrown instanceof UnsupportedEncoding) void reply.header('accept-encoding', acceptedEncodings);
  record.errors = errors.map((error: unknown) => options.formatError(error, { requestId: request.id }));
  // Fastify would close the connection. A client that is still sending would then lose the answer; on a connection that
  // stays, the rest of the body is read and thrown away, for as long as a request may take.
  void reply.removeHeader('connection');
  const viewer = request.identity?.viewer ?? null;
  const refusal = { request, reply, viewer, errors: record.errors };
  const asksByAddress = asksForSharedStream(request) && ticketInAddress(request) !== null;
  const isRequest = asksByAddress || isEncodedBody(request.body) || isOperationRequest(request);
  const transport = isRequest && options.transports.find((candidate) => candidate.refuses?.(refusal));
  const { status, bytes } = transport
    ? transport.refuse!(refusal)
    : sendGraphQLErrors(request, reply, record.errors, { isRequest });
  answer?.takeRefusal(bytes);
  options.logOperation(record, status);
}
