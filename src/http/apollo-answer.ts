/** Has Apollo Server answer a request to /graphql that no transport of streams answers. */
import { HeaderMap, type ApolloServer } from '@apollo/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OperationTypeNode } from 'graphql';
import type { OperationLog } from '../observability/operation-log.ts';
import type { ApolloRequest } from './apollo.ts';
import { compressAnswer } from './compressed-answer.ts';
import { traceHeader } from './federated-traces.ts';
import type { GraphQLExchange } from './stream-transport.ts';

export interface ApolloAnswerOptions {
  /** Started. */
  readonly apollo: ApolloServer<ApolloRequest>;
  readonly logOperation: OperationLog;
  /** Whether answers are compressed for clients that accept that. */
  readonly compresses: boolean;
}

export async function answerByApollo(
  { apollo, logOperation, compresses }: ApolloAnswerOptions,
  { request, reply, answer }: Pick<GraphQLExchange, 'request' | 'reply' | 'answer'>,
  context: ApolloRequest,
): Promise<FastifyReply> {
  const response = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: toApollo(request, context),
    context: () => Promise.resolve(context),
  });
  // Incremental delivery is not part of the schema: a response is always complete.
  const body = response.body.kind === 'complete' ? response.body.string : '';
  const { operation } = context.found.operation.definition;
  answer.take(Buffer.byteLength(body), { wasChange: operation === OperationTypeNode.MUTATION });
  const status = response.status ?? 200;
  for (const [name, value] of response.headers) void reply.header(name, value);
  logOperation(context.record, status);
  const sent = compresses ? compressAnswer(request, reply, body) : body;
  return reply.code(status).send(typeof sent === 'string' ? sent : await sent);
}

/** Those that Apollo Server looks at. */
const headersOfApollo = ['accept', 'content-type', traceHeader] as const;

/**
 * As it came, but with the name of the operation that was found: the front door knows which names count as none. Of a body the text
 * is left out, and named by its hash, which is known whether it came or an id that stands for it: Apollo Server would make it for each
 * request.
 */
function toApollo(request: FastifyRequest, { found: { operation }, variables }: ApolloRequest) {
  const operationName = operation.definition.name?.value ?? null;
  const headers = new HeaderMap();
  for (const name of headersOfApollo) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  const { method, body } = request;
  const { query } = operation;
  if (method !== 'GET') {
    const extensions = { persistedQuery: { version: 1, sha256Hash: operation.hash } };
    return { method, headers, search: '', body: { operationName, variables, extensions } };
  }
  const search = new URLSearchParams(request.url.split('?').slice(1).join('?'));
  search.set('query', query);
  for (const name of ['operationName', 'extensions']) search.delete(name);
  if (operationName !== null) search.set('operationName', operationName);
  return { method, headers, search: `?${search}`, body };
}
