/** Owns GraphQL over HTTP: who asks, what is refused before it is looked at, and the hand-over to Apollo Server. */
import { HeaderMap, type ApolloServer } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ParseOptions } from 'graphql';
import type { Viewer } from '../auth/viewer.ts';
import type { ViewerContext } from '../schema/context.ts';
import { ClientError, errorCodes, isErrorCode } from '../lib/errors.ts';
import type { ErrorFormatter } from '../operations/format-error.ts';
import type { RequestContext } from './apollo.ts';
import type { RequestInfo } from '../operations/caller.ts';
import type { AddressOf } from './client-address.ts';
import { sendGraphQLError } from './graphql-response.ts';
import { isPublicOperation } from '../operations/public-operations.ts';
import {
  createOperationRecord,
  type OperationLog,
  type OperationRecord,
} from '../observability/operation-log.ts';
import type { StreamTransport } from './stream-transport.ts';

export const graphqlPath = '/graphql';

export interface GraphQLEndpointOptions {
  /** Started. */
  readonly apollo: ApolloServer<RequestContext>;
  readonly introspection: boolean;
  readonly parseOptions: ParseOptions;
  /** Who is named by an `Authorization` header; rejects with what the client is to be told when it names nobody. */
  readonly authenticate: (authorization: string | undefined) => Promise<Viewer>;
  readonly addressOf: AddressOf;
  readonly createContext: (asking: RequestInfo) => ViewerContext;
  /** Ways to serve subscriptions; the first one that takes a request serves it, and Apollo Server what none takes. */
  readonly transports: readonly StreamTransport[];
  readonly formatError: ErrorFormatter;
  readonly logOperation: OperationLog;
}

const otherMethods = ['PUT', 'PATCH', 'DELETE'];

export function addGraphQL(server: FastifyInstance, options: GraphQLEndpointOptions): void {
  server.route({
    method: ['GET', 'POST'],
    url: graphqlPath,
    exposeHeadRoute: false,
    errorHandler: (error, request, reply) => {
      void refuse(options, createOperationRecord(request.id), request, reply, error);
    },
    handler: (request, reply) => serve(options, request, reply),
  });
  server.route({
    method: otherMethods,
    url: graphqlPath,
    // Before the body is read: whatever it is, the answer is the same.
    onRequest: (_request, reply, _done) => {
      void reply
        .code(405)
        .header('allow', 'GET, POST')
        .send({ error: `${graphqlPath} takes GET and POST.` });
    },
    handler: (_request, reply) => reply,
  });
}

async function serve(
  options: GraphQLEndpointOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const record = createOperationRecord(request.id);
  try {
    if (Array.isArray(request.body)) throw batchRefused();
    const viewer = await admit(options, request);
    record.viewerId = viewer?.id ?? null;
    const address = options.addressOf(request.raw);
    const asking = { viewer, requestId: request.id, address };
    const transport = viewer && options.transports.find((candidate) => candidate.takes(request));
    if (transport) {
      options.logOperation(record, await transport.serve(request, reply, { ...asking, viewer }, record));
      return reply;
    }
    return await serveByApollo(options, request, reply, asking, record);
  } catch (error) {
    return refuse(options, record, request, reply, error);
  }
}

async function serveByApollo(
  options: GraphQLEndpointOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  asking: RequestInfo,
  record: OperationRecord,
): Promise<FastifyReply> {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    // After an answer nobody listens any more.
    if (!reply.raw.writableFinished) gone.abort(new Error('The client is gone.'));
  });
  const context = options.createContext({ ...asking, signal: gone.signal });
  const response = await options.apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: toApollo(request),
    context: () => Promise.resolve({ ...context, record }),
  });
  const status = response.status ?? 200;
  for (const [name, value] of response.headers) void reply.header(name, value);
  void reply.code(status);
  options.logOperation(record, status);
  // Incremental delivery is not part of the schema: a response is always complete.
  return reply.send(response.body.kind === 'complete' ? response.body.string : '');
}

/** The viewer, or null where none is needed; throws where one is needed and the request does not name one. */
async function admit(options: GraphQLEndpointOptions, request: FastifyRequest): Promise<Viewer | null> {
  try {
    return await options.authenticate(request.headers.authorization);
  } catch (refusal) {
    const source = (request.method === 'GET' ? request.query : request.body) as
      { query?: unknown } | null | undefined;
    if (typeof source?.query === 'string' && isPublicOperation(source.query, options)) return null;
    throw refusal;
  }
}

function toApollo(request: FastifyRequest) {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const queryStart = request.url.indexOf('?');
  return {
    method: request.method,
    headers,
    search: queryStart < 0 ? '' : request.url.slice(queryStart),
    body: request.body,
  };
}

function batchRefused(): ClientError {
  return new ClientError(
    'BAD_REQUEST',
    'Send one operation per request: batches of operations are not accepted.',
  );
}

/** What Fastify found wrong with a request before any handler saw it. */
function readRequestError(error: unknown): ClientError | null {
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
  if (!code?.startsWith('FST_') || statusCode === undefined || statusCode >= 500) return null;
  if (statusCode === 413)
    return new ClientError('PAYLOAD_TOO_LARGE', 'The request body is larger than this service accepts.');
  if (statusCode === 415)
    return new ClientError('UNSUPPORTED_MEDIA_TYPE', 'Send the request body as application/json.');
  return new ClientError('BAD_REQUEST', message ?? 'The request can not be read.');
}

function refuse(
  options: GraphQLEndpointOptions,
  record: OperationRecord,
  request: FastifyRequest,
  reply: FastifyReply,
  thrown: unknown,
): FastifyReply {
  const error = options.formatError(readRequestError(thrown) ?? thrown, { requestId: request.id });
  const code = error.extensions?.['code'];
  const status = isErrorCode(code) ? errorCodes[code] : 500;
  record.errors = [error];
  options.logOperation(record, status);
  // Fastify would close the connection. A client that is still sending would then lose the answer; on a connection that
  // stays, the rest of the body is read and thrown away, for as long as a request may take.
  void reply.removeHeader('connection');
  return sendGraphQLError(request, reply, status, error);
}
