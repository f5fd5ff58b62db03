/** Owns the way of one operation over a transport that streams: limits, preparation, authorisation, and the opening of its stream. */
import {
  createSourceEventStream,
  GraphQLError,
  OperationTypeNode,
  type ExecutionArgs,
  type GraphQLSchema,
} from 'graphql';
import type { Viewer } from '../auth/viewer.ts';
import type { ViewerContext } from '../graphql/context.ts';
import { badUserInput, ClientError } from '../graphql/errors.ts';
import type { Subscriber } from '../realtime/frame.ts';
import type { Hub, HubSubscription } from '../realtime/hub.ts';
import type { OperationCache, PreparedOperation, Variables } from '../realtime/operation-key.ts';
import { sourceOf } from '../realtime/source.ts';
import type { RateLimit } from '../stores/rate-limit.ts';
import type { ResolvedOperation } from './apollo.ts';
import type { Asking } from './asking.ts';

export interface StreamOperationsOptions {
  readonly schema: GraphQLSchema;
  readonly operations: OperationCache;
  readonly hub: Hub;
  readonly createContext: (asking: Asking) => ViewerContext;
  /** Called before an operation is executed; what it throws is the answer. */
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

/** Who wants an operation run. */
export interface Caller extends Asking {
  readonly viewer: Viewer;
  /** Takes a place for a subscription among those of its transport, or throws; the returned function gives it back. */
  readonly takePlace?: () => () => void;
}

export interface OperationPayload {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Variables | null | undefined;
}

/** An operation that may run: a subscription whose stream is open, or a query or mutation that is yet to be executed. */
export interface ReadyOperation {
  readonly operation: PreparedOperation;
  readonly args: ExecutionArgs;
  readonly stream: OpenStream | null;
}

/** The stream of a subscription, which counts among its viewer's until it is left. */
export class OpenStream {
  readonly #subscription: HubSubscription;
  readonly #giveBack: () => void;
  #left = false;

  constructor(subscription: HubSubscription, giveBack: () => void) {
    this.#subscription = subscription;
    this.#giveBack = giveBack;
  }

  /** Shows the subscriber everything from its beginning on, until `leave`. */
  start(subscriber: Subscriber): void {
    this.#subscription.start(subscriber);
  }

  /** Ends it; safe to call twice. Nothing is shown afterwards. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#subscription.leave();
    this.#giveBack();
  }
}

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
      await this.#checkRate(caller);
      const operation = this.#options.operations.prepare(payload.query, payload.operationName);
      if (!('document' in operation)) return operation;
      const args = await this.#arguments(caller, operation, payload.variables ?? {});
      if (operation.definition.operation !== OperationTypeNode.SUBSCRIPTION)
        return { operation, args, stream: null };
      return await this.#open(caller, operation, args);
    } catch (error) {
      if (error instanceof GraphQLError) return [error];
      const cause = error instanceof Error ? error : new Error(String(error));
      return [new GraphQLError(cause.message, { originalError: cause })];
    }
  }

  async #checkRate({ viewer }: Caller): Promise<void> {
    const { rateLimit, limits, onRateLimited } = this.#options;
    if (limits.subscribesPerMinute === null || limits.exemptRoles.includes(viewer.role)) return;
    const rule = { points: limits.subscribesPerMinute, windowMs: 60_000 };
    const verdict = await rateLimit.consume('subscribe', viewer.id, rule);
    if (verdict.allowed) return;
    onRateLimited();
    const { retryAfterMs } = verdict;
    throw new ClientError('RATE_LIMITED', 'Too many operations; try again later.', { retryAfterMs });
  }

  async #arguments(
    { viewer, requestId, address }: Caller,
    operation: PreparedOperation,
    variables: Variables,
  ): Promise<ExecutionArgs> {
    const { schema, createContext, prepare } = this.#options;
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
    caller: Caller,
    operation: PreparedOperation,
    args: ExecutionArgs,
  ): Promise<ReadyOperation | readonly GraphQLError[]> {
    const giveBack = this.#takePlace(caller);
    try {
      const opened = await createSourceEventStream(args);
      if (!(Symbol.asyncIterator in opened)) {
        giveBack();
        return opened.errors ?? [badUserInput('The subscription could not be opened.')];
      }
      const source = sourceOf(opened);
      const subscription = await this.#options.hub.open(operation, args.variableValues ?? {}, source);
      return { operation, args, stream: new OpenStream(subscription, giveBack) };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Counts a subscription, or refuses it; the returned function counts it out again. */
  #takePlace({ viewer, takePlace }: Caller): () => void {
    const { maxSubscriptionsPerViewer } = this.#options.limits;
    const ofViewer = this.#perViewer.get(viewer.id) ?? 0;
    if (ofViewer >= maxSubscriptionsPerViewer)
      throw limitExceeded(`A viewer may have ${maxSubscriptionsPerViewer} subscriptions at a time.`);
    const giveBack = takePlace?.();
    this.#perViewer.set(viewer.id, ofViewer + 1);
    return () => {
      giveBack?.();
      const left = this.#perViewer.get(viewer.id)! - 1;
      if (left > 0) this.#perViewer.set(viewer.id, left);
      else this.#perViewer.delete(viewer.id);
    };
  }
}

export function limitExceeded(message: string): ClientError {
  return new ClientError('LIMIT_EXCEEDED', message);
}
