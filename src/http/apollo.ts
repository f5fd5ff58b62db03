/** Owns the set-up of Apollo Server: which of its features serve here, and what is hooked into its pipeline. */
import { ApolloServer, HeaderMap, type ApolloServerPlugin, type GraphQLRequestContext } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { OperationTypeNode, type GraphQLSchema, type ParseOptions, type ValidationRule } from 'graphql';
import type { ViewerContext } from '../schema/context.ts';
import { ClientError, errorCodes, isErrorCode } from '../lib/errors.ts';
import type { Executor } from '../operations/executor.ts';
import type { ErrorFormatter } from '../operations/format-error.ts';
import type { Logger } from '../observability/log.ts';
import { Unavailable } from '../lib/unavailable.ts';
import type { ResolvedOperation } from '../operations/operations.ts';
import type { OperationRecord } from '../observability/operation-log.ts';

/** What resolvers get, and where the request's outcome is noted. */
export interface RequestContext extends ViewerContext {
  readonly record: OperationRecord;
}

export interface ApolloOptions {
  readonly schema: GraphQLSchema;
  readonly executor: Executor;
  readonly introspection: boolean;
  readonly parseOptions: ParseOptions;
  readonly validationRules: readonly ValidationRule[];
  /** Called before an operation is executed; what it throws is the answer. */
  readonly prepare: (operation: ResolvedOperation) => Promise<void>;
  readonly formatError: ErrorFormatter;
  readonly log: Logger;
}

export function createApollo(options: ApolloOptions): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    schema: options.schema,
    introspection: options.introspection,
    // Outside introspection, "did you mean" would tell the schema name by name.
    hideSchemaDetailsFromClientErrors: !options.introspection,
    parseOptions: options.parseOptions,
    validationRules: [...options.validationRules],
    formatError: (_formatted, error) => options.formatError(error),
    includeStacktraceInErrorResponses: false,
    logger: options.log,
    // Nothing a browser adds on its own (cookies, certificates) authorises anything here, so there is nothing to forge.
    csrfPrevention: false,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    plugins: [
      operationPlugin(options),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      // Tracing on a client's demand wraps every resolver for good, those of subscriptions too.
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
    ],
  });
}

const noHeaders = new HeaderMap();

function operationPlugin({ prepare, executor }: ApolloOptions): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        async didResolveOperation(request) {
          const { document, operation: definition, contextValue: context } = request;
          if (!definition) return;
          context.record.type = definition.operation;
          context.record.name = definition.name?.value ?? null;
          if (definition.operation === OperationTypeNode.SUBSCRIPTION) throw subscriptionOverHttp();
          try {
            await prepare({ document, definition, variables: request.request.variables ?? {}, context });
          } catch (error) {
            throw withStatus(error);
          }
        },
        // Null leaves the execution to Apollo Server.
        async responseForOperation({ document, request, contextValue }) {
          const result = await executor.executeCompiled({
            document,
            operationName: request.operationName,
            variableValues: request.variables,
            contextValue,
          });
          return result
            ? { http: { headers: noHeaders }, body: { kind: 'single', singleResult: result } }
            : null;
        },
        willSendResponse(request) {
          noteErrors(request);
          return Promise.resolve();
        },
      }),
  };
}

function noteErrors({ contextValue, response }: GraphQLRequestContext<RequestContext>): void {
  const { body } = response;
  contextValue.record.errors = (body?.kind === 'single' && body.singleResult.errors) || [];
}

function subscriptionOverHttp(): ClientError {
  return new ClientError(
    'BAD_REQUEST',
    'Subscriptions run over a WebSocket at this URL, with the sub-protocol graphql-transport-ws (package graphql-ws), or ' +
      'as Server-Sent Events with "Accept: text/event-stream" (package graphql-sse).',
    { http: { status: 400 } },
  );
}

/** An error that refuses a whole operation, with the HTTP status of its code. */
export function withStatus(error: unknown): unknown {
  if (error instanceof Unavailable) return withStatus(new ClientError('UPSTREAM_UNAVAILABLE', error.message));
  const code = error instanceof ClientError ? error.extensions['code'] : undefined;
  if (!(error instanceof ClientError) || !isErrorCode(code)) return error;
  return new ClientError(code, error.message, { ...error.extensions, http: { status: errorCodes[code] } });
}
