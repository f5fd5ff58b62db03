/** Owns the way of one operation over a WebSocket: limits, preparation, authorisation, and the opening of its stream. */
import {
  createSourceEventStream,
  GraphQLError,
  OperationTypeNode,
  type ExecutionArgs,
  type GraphQLSchema,
} from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import type { ViewerContext } from '../graphql/context.ts';
import { badUserInput, ClientError } from '../graphql/errors.ts';
import type { Hub } from '../realtime/hub.ts';
import type { OperationCache, PreparedOperation, Variables } from '../realtime/operation-key.ts';
import { sourceOf } from '../realtime/source.ts';
import type { RateLimit } from '../stores/rate-limit.ts';
import type { Asking } from './graphql.ts';
import type { ResolvedOperation } from './apollo.ts';
import type { Connection } from './connection.ts';
import { SocketSubscription } from './socket-subscription.ts';

export interface SocketOperationsOptions {
  readonly schema: GraphQLSchema;
  readonly operations: OperationCache;
  readonly hub: Hub;
  readonly createContext: (asking: Asking) => ViewerContext;
  /** Called before an operation is executed; what it throws is the answer. */
  readonly prepare: (operation: ResolvedOperation) => Promise<void>;
  readonly rateLimit: RateLimit;
  readonly limits: {
    readonly maxSubscriptionsPerSocket: number;
    readonly maxSubscriptionsPerViewer: number;
    /** Subscribe attempts of one viewer; null when they are not limited. */
    readonly subscribesPerMinute: number | null;
    readonly exemptRoles: readonly string[];
  };
  readonly onRateLimited: () => void;
}

/** What graphql-ws is given to run: for a subscription, the stream that was opened already. */
export type SocketExecutionArgs = ExecutionArgs & { readonly stream?: SocketSubscription };

export class SocketOperations {
  readonly #options: SocketOperationsOptions;
  readonly #perViewer = new Map<string, number>();

  constructor(options: SocketOperationsOptions) {
    this.#options = options;
  }

  /** Prepares an operation; the errors of one that is refused are returned, and nothing is left open. */
  async prepare(
    connection: Connection,
    id: string,
    payload: SubscribePayload,
  ): Promise<SocketExecutionArgs | readonly GraphQLError[]> {
    try {
      await this.#checkRate(connection);
      const operation = this.#options.operations.prepare(payload.query, payload.operationName);
      if (!('document' in operation)) return operation;
      // graphql-ws keeps the payload as long as the operation: one text for all.
      (payload as { query: string }).query = operation.query;
      const args = await this.#arguments(connection, operation, payload.variables ?? {});
      if (operation.definition.operation !== OperationTypeNode.SUBSCRIPTION) return args;
      return await this.#open(connection, id, operation, args);
    } catch (error) {
      if (error instanceof GraphQLError) return [error];
      const cause = error instanceof Error ? error : new Error(String(error));
      return [new GraphQLError(cause.message, { originalError: cause })];
    }
  }

  async #checkRate({ viewer }: Connection): Promise<void> {
    const { rateLimit, limits, onRateLimited } = this.#options;
    if (limits.subscribesPerMinute === null || limits.exemptRoles.includes(viewer!.role)) return;
    const rule = { points: limits.subscribesPerMinute, windowMs: 60_000 };
    const verdict = await rateLimit.consume('subscribe', viewer!.id, rule);
    if (verdict.allowed) return;
    onRateLimited();
    const { retryAfterMs } = verdict;
    throw new ClientError('RATE_LIMITED', 'Too many operations; try again later.', { retryAfterMs });
  }

  async #arguments(
    connection: Connection,
    operation: PreparedOperation,
    variables: Variables,
  ): Promise<SocketExecutionArgs> {
    const { schema, createContext, prepare } = this.#options;
    const { viewer, id: requestId, address } = connection;
    const context = createContext({ viewer, requestId, address });
    const { document, definition } = operation;
    await prepare({ document, definition, variables, context });
    return {
      schema,
      document,
      operationName: definition.name?.value,
      variableValues: variables,
      contextValue: context,
      rootValue: undefined,
    };
  }

  async #open(
    connection: Connection,
    id: string,
    operation: PreparedOperation,
    args: SocketExecutionArgs,
  ): Promise<SocketExecutionArgs | readonly GraphQLError[]> {
    const leave = this.#enter(connection);
    try {
      const opened = await createSourceEventStream(args);
      if (!(Symbol.asyncIterator in opened)) {
        leave();
        return opened.errors ?? [badUserInput('The subscription could not be opened.')];
      }
      const source = sourceOf(opened);
      const subscription = await this.#options.hub.open(operation, args.variableValues ?? {}, source);
      return { ...args, stream: new SocketSubscription(connection, id, subscription, leave) };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Counts a subscription, or refuses it; the returned function counts it out again. */
  #enter(connection: Connection): () => void {
    const { maxSubscriptionsPerSocket, maxSubscriptionsPerViewer } = this.#options.limits;
    const viewerId = connection.viewer!.id;
    const ofViewer = this.#perViewer.get(viewerId) ?? 0;
    if (connection.subscriptions >= maxSubscriptionsPerSocket)
      throw limitExceeded(`A socket may have ${maxSubscriptionsPerSocket} subscriptions at a time.`);
    if (ofViewer >= maxSubscriptionsPerViewer)
      throw limitExceeded(`A viewer may have ${maxSubscriptionsPerViewer} subscriptions at a time.`);
    connection.subscriptions += 1;
    this.#perViewer.set(viewerId, ofViewer + 1);
    return () => {
      connection.subscriptions -= 1;
      const left = this.#perViewer.get(viewerId)! - 1;
      if (left > 0) this.#perViewer.set(viewerId, left);
      else this.#perViewer.delete(viewerId);
    };
  }
}

function limitExceeded(message: string): ClientError {
  return new ClientError('LIMIT_EXCEEDED', message);
}
