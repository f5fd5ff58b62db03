/** Owns the way of one operation over a transport that streams: limits, preparation, authorisation, and the opening of its stream. */
import {
  createSourceEventStream,
  GraphQLError,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { Viewer } from '../auth/viewer.ts';
import type { ViewerContext } from '../schema/context.ts';
import { badUserInput, ClientError } from '../lib/errors.ts';
import type { Hub, HubSubscription } from '../realtime/hub.ts';
import type { PreparedOperation, Variables } from '../realtime/group-key.ts';
import type { OperationCache } from './operation-cache.ts';
import { sourceOf } from '../realtime/source.ts';
import type { RateLimit } from '../stores/rate-limit/rate-limit.ts';
import type { RequestInfo } from './caller.ts';

/** An operation that is about to be executed. */
export interface ResolvedOperation {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: ViewerContext;
}

export interface StreamOperationsOptions {
  readonly schema: GraphQLSchema;
  readonly operations: OperationCache;
  readonly hub: Hub;
  readonly createContext: (asking: RequestInfo) => ViewerContext;
  /** Called before a query or mutation is executed; what it throws is the answer. */
  readonly prepare: (operation: ResolvedOperation) => Promise<void>;
  readonly rateLimit: RateLimit;
  readonly limits: {
    /** Over all transports together. */
    readonly maxSubscriptionsPerViewer: number;
    /** Subscribe attempts of one viewer; null when they are not limited. */
    readonly subscribesPerMinute: number | null;
    readonly exemptRoles: readonly string[];
  };
  readonly onRateLimited: () => void;
}

/** Bounds the subscriptions of a transport besides those of the viewer. */
export interface Quota {
  /** Takes one for a subscription, or throws. */
  take(): void;
  release(): void;
}

/** Who wants an operation run. */
export interface Caller extends RequestInfo {
  readonly viewer: Viewer;
  readonly places?: Quota;
}

export interface OperationPayload {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Variables | null | undefined;
}

type OperationArgs = ExecutionArgs & {
  readonly variableValues: Variables;
  readonly contextValue: ViewerContext;
};

/** An operation that may run: a subscription whose stream is open, or a query or mutation that is yet to be executed. */
export interface ReadyOperation {
  readonly operation: PreparedOperation;
  readonly args: ExecutionArgs;
  readonly stream: OpenStream | null;
}

/** The stream of a subscription, which counts among its viewer's until it is left. */
export type OpenStream = HubSubscription;

export class StreamOperations {
  readonly #options: StreamOperationsOptions;
  readonly #perViewer = new Map<string, number>();

  constructor(options: StreamOperationsOptions) {
    this.#options = options;
  }

  /** Subscriptions that are open, over all transports together. */
  get subscriptions(): number {
    let count = 0;
    for (const ofViewer of this.#perViewer.values()) count += ofViewer;
    return count;
  }

  /** Whether it is a subscription that the schema allows. */
  isSubscription({ query, operationName }: OperationPayload): boolean {
    const operation = this.#options.operations.prepare(query, operationName);
    return 'document' in operation && operation.definition.operation === OperationTypeNode.SUBSCRIPTION;
  }

  /** Prepares an operation; the errors of one that is refused are returned, and nothing is left open. */
  async prepare(
    caller: Caller,
    payload: OperationPayload,
  ): Promise<ReadyOperation | readonly GraphQLError[]> {
    try {
      if (this.#isRateLimited(caller)) await this.#checkRate(caller);
      const operation = this.#options.operations.prepare(payload.query, payload.operationName);
      if (!('document' in operation)) return operation;
      const args = this.#arguments(caller, operation, payload.variables ?? {});
      if (operation.definition.operation === OperationTypeNode.SUBSCRIPTION)
        return await this.#open(caller, operation, args);
      await this.#options.prepare({
        ...operation,
        variables: args.variableValues,
        context: args.contextValue,
      });
      return { operation, args, stream: null };
    } catch (error) {
      if (error instanceof GraphQLError) return [error];
      const cause = error instanceof Error ? error : new Error(String(error));
      return [new GraphQLError(cause.message, { originalError: cause })];
    }
  }

  #isRateLimited({ viewer }: Caller): boolean {
    const { subscribesPerMinute, exemptRoles } = this.#options.limits;
    return subscribesPerMinute !== null && !exemptRoles.includes(viewer.role);
  }

  async #checkRate({ viewer }: Caller): Promise<void> {
    const { rateLimit, limits, onRateLimited } = this.#options;
    const rule = { points: limits.subscribesPerMinute!, windowMs: 60_000 };
    const verdict = await rateLimit.consume('subscribe', viewer.id, rule);
    if (verdict.allowed) return;
    onRateLimited();
    const { retryAfterMs } = verdict;
    throw new ClientError('RATE_LIMITED', 'Too many operations; try again later.', { retryAfterMs });
  }

  #arguments(
    { viewer, requestId, address }: Caller,
    { document, definition }: PreparedOperation,
    variables: Variables,
  ): OperationArgs {
    const { schema, createContext } = this.#options;
    return {
      schema,
      document,
      operationName: definition.name?.value,
      variableValues: variables,
      contextValue: createContext({ viewer, requestId, address }),
      rootValue: undefined,
    };
  }

  async #open(
    caller: Caller,
    operation: PreparedOperation,
    args: OperationArgs,
  ): Promise<ReadyOperation | readonly GraphQLError[]> {
    const giveBack = this.#takePlace(caller);
    try {
      const opened = await createSourceEventStream(args);
      if (!(Symbol.asyncIterator in opened)) {
        giveBack();
        return opened.errors ?? [badUserInput('The subscription could not be opened.')];
      }
      const source = sourceOf(opened);
      const stream = await this.#options.hub.open(operation, args.variableValues, source, giveBack);
      return { operation, args, stream };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Counts a subscription, or refuses it; the returned function, called once, counts it out again. */
  #takePlace({ viewer, places }: Caller): () => void {
    const { maxSubscriptionsPerViewer } = this.#options.limits;
    const { id } = viewer;
    const ofViewer = this.#perViewer.get(id) ?? 0;
    if (ofViewer >= maxSubscriptionsPerViewer)
      throw limitExceeded(`A viewer may have ${maxSubscriptionsPerViewer} subscriptions at a time.`);
    places?.take();
    this.#perViewer.set(id, ofViewer + 1);
    return () => {
      places?.release();
      const left = this.#perViewer.get(id)! - 1;
      if (left > 0) this.#perViewer.set(id, left);
      else this.#perViewer.delete(id);
    };
  }
}

export function limitExceeded(message: string): ClientError {
  return new ClientError('LIMIT_EXCEEDED', message);
}
