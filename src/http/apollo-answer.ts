/** Has Apollo Server answer a request to /graphql that no transport of streams answers. */
import { HeaderMap, type ApolloServer, type GraphQLResponse } from '@apollo/server';
import type { FastifyRequest } from 'fastify';
import { OperationTypeNode } from 'graphql';
import type { OperationLog } from '../observability/operation-log.ts';
import { answerType, contentType, jsonType } from './accepted-types.ts';
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

/**
 * What Apollo Server makes of HTTP requests itself is done before: their operation, its variables and the type of the answer are
 * known. (It would refuse what a browser sends on its own; here that authorises nothing.)
 */
export async function answerByApollo(
  { apollo, logOperation, compresses }: ApolloAnswerOptions,
  { request, reply, answer }: Pick<GraphQLExchange, 'request' | 'reply' | 'answer'>,
  context: ApolloRequest,
): Promise<void> {
  const { body, http } = await apollo.executeOperation(toApollo(request, context), { contextValue: context });
  const text = toJson(body);
  const { operation } = context.found.operation.definition;
  answer.take(Buffer.byteLength(text), { wasChange: operation === OperationTypeNode.MUTATION });
  const status = http.status ?? 200;
  for (const [name, value] of http.headers) void reply.header(name, value);
  void reply.header('content-type', answerType(request) ?? contentType(jsonType));
  logOperation(context.record, status);
  const sent = compresses ? compressAnswer(request, reply, text) : text;
  void reply.code(status).send(typeof sent === 'string' ? sent : await sent);
}

/** Incremental delivery is not part of the schema: a response is always complete. */
const toJson = (body: GraphQLResponse['body']): string =>
  body.kind === 'single' ? JSON.stringify(body.singleResult) : '';

/** Of a request in which Apollo's plugins look for nothing. They change none. */
const noHeaders = new HeaderMap();

/**
 * With the name of the operation that was found: the front door knows which names count as none. The text is left out, and named by its
 * hash, which is known whether it came or an id that stands for it: Apollo Server would make it for each request.
 */
function toApollo({ method, headers }: FastifyRequest, { found: { operation }, variables }: ApolloRequest) {
  const trace = headers[traceHeader];
  const shown = typeof trace === 'string' ? new HeaderMap([[traceHeader, trace]]) : noHeaders;
  const name = operation.definition.name?.value;
  return {
    ...(name !== undefined && { operationName: name }),
    variables,
    extensions: { persistedQuery: { version: 1, sha256Hash: operation.hash } },
    http: { method, headers: shown, search: '', body: null },
  };
}
