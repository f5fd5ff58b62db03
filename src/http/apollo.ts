/** The set-up of Apollo Server, which answers plain HTTP requests with the results of the front door that all transports share. */
import {
  ApolloServer,
  HeaderMap,
  type ApolloServerPlugin,
  type GraphQLRequestListener,
} from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { FastifyRequest } from 'fastify';
import { OperationTypeNode, type FormattedExecutionResult, type GraphQLSchema } from 'graphql';
import { ClientError } from '../lib/errors.ts';
import type { Logger } from '../observability/log.ts';
import type { OperationRecord } from '../observability/operation-log.ts';
import type { Caller, OperationRequest } from '../operations/request.ts';
import type { ErrorFormatter } from '../operations/format-error.ts';
import type { ValidOperation } from '../operations/operation-cache.ts';
import type { Operations } from '../operations/operations.ts';
import type { FieldTrace } from '../schema/traced-schema.ts';
import { answerType, jsonType } from './accepted-types.ts';
import { createTracePlugin } from './federated-traces.ts';
import { retryHeader, statusOf } from './graphql-response.ts';

/** What goes with a request through Apollo Server. Its operation was found before. */
export interface ApolloRequest {
  readonly found: ValidOperation;
  readonly variables: NonNullable<OperationRequest['variables']>;
  readonly caller: Caller;
  /** Where the outcome is noted. */
  readonly record: OperationRecord;
  readonly request: Pick<FastifyRequest, 'headers'>;
  /** Of a request that is traced. */
  fieldTrace?: FieldTrace;
}

export interface ApolloOptions {
  readonly schema: GraphQLSchema;
  readonly operations: Operations;
  readonly introspection: boolean;
  /** Whether requests are traced for gateways that ask for it. */
  readonly federatedTraces: boolean;
  readonly formatError: ErrorFormatter;
  readonly log: Logger;
}

export function createApollo(options: ApolloOptions): ApolloServer<ApolloRequest> {
  return new ApolloServer<ApolloRequest>({
    schema: options.schema,
    introspection: options.introspection,
    formatError: (_formatted, error) => options.formatError(error),
    includeStacktraceInErrorResponses: false,
    logger: options.log,
    // Texts were found before they come here: what comes is the name of one, so that nobody makes it once more for each request.
    persistedQueries: { cache: foundTexts },
    documentStore: null,
    stopOnTerminationSignals: false,
    plugins: [
      operationPlugin(options.operations),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      createTracePlugin(options.federatedTraces),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
    ],
  });
}

/** Whatever Apollo Server looks for is found: the plugin below puts the text of the request in its place. */
const foundTexts = {
  get: (name: string) => Promise.resolve(name),
  set: () => Promise.resolve(),
  delete: () => Promise.resolve(true),
};

const nothing = Promise.resolve();

function operationPlugin(operations: Operations): ApolloServerPlugin<ApolloRequest> {
  // The same for all requests: what differs comes along with each.
  const listener: GraphQLRequestListener<ApolloRequest> = {
    didResolveSource(request) {
      // Apollo Server parses and validates only where there is no document yet.
      const { document, query: source } = request.contextValue.found.operation;
      Object.assign(request, { document, source });
      return nothing;
    },
    didResolveOperation({ request, contextValue }) {
      const { found, request: asked } = contextValue;
      const { operation } = found.operation.definition;
      if (operation === OperationTypeNode.SUBSCRIPTION) throw subscriptionOverHttp();
      if (request.http?.method === 'GET') {
        if (operation === OperationTypeNode.MUTATION) throw mutationByGet();
        if (!isJson(asked.headers['content-type'] ?? jsonType)) throw otherTypeByGet();
      }
      if (answerType(asked) === null) throw notAcceptable();
      return nothing;
    },
    async responseForOperation({ contextValue }) {
      const { found, variables, caller, record, request, fieldTrace } = contextValue;
      const outcome = await operations.run(found, variables, caller, fieldTrace);
      record.traceId = caller.attempt.traceId;
      if (outcome.kind === 'stream')
        throw new Error('A subscription was opened by a caller without a quota.');
      const result = outcome.kind === 'result' ? outcome.result : { errors: outcome.errors };
      record.errors = result.errors ?? [];
      return { http: headOf(result, request), body: { kind: 'single', singleResult: result } };
    },
  };
  const started = Promise.resolve(listener);
  return { requestDidStart: () => started };
}

/** The status of a request that failed as a whole, which is one without data, and when to try again. */
function headOf({ data, errors = [] }: FormattedExecutionResult, request: ApolloRequest['request']) {
  if (data) return plainHead;
  const headers = new HeaderMap(Object.entries(retryHeader(errors)));
  return data === undefined && errors.length > 0
    ? { headers, status: statusOf(errors, request) }
    : { headers };
}

/** Of an answer that there is nothing to say about. */
const plainHead = { headers: new HeaderMap() };

function subscriptionOverHttp(): ClientError {
  return new ClientError(
    'BAD_REQUEST',
    'Subscriptions run over a WebSocket at this URL, with the sub-protocol graphql-transport-ws (package graphql-ws), or ' +
      'as Server-Sent Events with "Accept: text/event-stream" (package graphql-sse), or as parts with "Accept: ' +
      'multipart/mixed;subscriptionSpec=1.0" (HttpLink of Apollo Client).',
    { http: { status: 400 } },
  );
}

function mutationByGet(): ClientError {
  const http = { status: 405, headers: { allow: 'POST' } };
  return new ClientError('BAD_REQUEST', 'A mutation must be sent by POST.', { http });
}

const isJson = (type: string): boolean => type.split(';', 1)[0]!.trim().toLowerCase() === jsonType;

function otherTypeByGet(): ClientError {
  const message = 'A request by GET has no "Content-Type", or application/json.';
  return new ClientError('BAD_REQUEST', message, { http: { status: 415 } });
}

function notAcceptable(): ClientError {
  const message =
    'Answers are application/json or application/graphql-response+json, and "Accept" has neither.';
  return new ClientError('BAD_REQUEST', message, { http: { status: 406 } });
}
