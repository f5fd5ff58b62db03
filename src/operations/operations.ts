/** The front door for operations of all transports: from a text and its caller to a result or an open stream. */
import {
  GraphQLError,
  OperationTypeNode,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import type { Viewer } from '../auth/viewer.ts';
import { ClientError } from '../lib/errors.ts';
import type { Turns } from '../lib/turns/turns.ts';
import { rootFieldName, type PreparedOperation, type Variables } from '../realtime/prepared-operation.ts';
import type { Hub } from '../realtime/hub.ts';
import { noTracing, type Tracing } from '../observability/tracing/tracing.ts';
import type { HubSubscription } from '../realtime/subscription.ts';
import type { ViewerContext } from '../schema/context.ts';
import { parseIdempotencyKey } from '../schema/mutation-key.ts';
import { scopeOfStream } from '../schema/scope.ts';
import type { FieldTrace, TracedSchema } from '../schema/traced-schema.ts';
import type { Caller, OperationRequest } from './request.ts';
import type { Documents } from './documents/documents.ts';
import { coercion, type Executor } from './executor.ts';
import { asGraphQLError, type ErrorFormatter } from './format-error.ts';
import { callerKey, type Gates } from './gates.ts';
import type { OperationCache, FoundOperation } from './operation-cache.ts';
import { isLarger } from './result-size.ts';
import type { OperationRate } from './streams/rate.ts';
import { reviewStream } from './streams/review.ts';
import { SourceOpener } from './streams/source-opener.ts';
import { tracedRun } from './traced-run.ts';

/** The stream of a subscription: it counts against its caller's quota until it is left. */
export type OpenStream = HubSubscription;

export type Outcome =
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLFormattedError[] }
  | { readonly kind: 'result'; readonly result: FormattedExecutionResult }
  | { readonly kind: 'stream'; readonly stream: OpenStream };

export interface OperationsOptions {
  readonly schema: GraphQLSchema;
  readonly cache: OperationCache;
  readonly documents: Documents;
  readonly gates: Gates;
  readonly executor: Executor;
  /** For operations that are traced; null where none are. */
  readonly tracedSchema: TracedSchema | null;
  /** What may take long is done over several turns, those of each caller in theirs. */
  readonly turns: Turns;
  readonly hub: Hub;
  readonly createContext: (caller: Caller, idempotencyKey: string | null) => ViewerContext;
  /** Awaited before a query or mutation is executed, with the context that it is going to have; what it throws is the answer. */
  readonly beforeExecution: (
    operation: PreparedOperation,
    context: ViewerContext,
  ) => Promise<void> | undefined;
  readonly formatError: ErrorFormatter;
  readonly tracing?: Tracing;
  readonly rate: OperationRate;
  /** How long a result may be, bytes. */
  readonly maxResultBytes: number;
}

/** A result with so many values at the most is made at once, whoever waits for turns: it takes a millisecond or two. */
const fewValues = 1_000;

export class Operations {
  readonly #options: OperationsOptions;
  readonly #sources: SourceOpener;

  constructor(options: OperationsOptions) {
    this.#options = options;
    this.#sources = new SourceOpener(options.schema);
  }

  /**
   * Counts a request, once.
   *
   * @throws RATE_LIMITED
   */
  countRequest(caller: Pick<Caller, 'viewer' | 'address' | 'attempt'>): void {
    const { attempt } = caller;
    if (!attempt.isRequestCounted) this.#options.gates.countRequest(caller);
    attempt.isRequestCounted = true;
  }

  /**
   * Counts a request, once, then parses and validates its text, or remembers what came of that. What
   * nobody in particular asks for is not kept. A text that is not remembered may have to wait for a later turn of the loop.
   */
  find(request: OperationRequest, caller: Caller): FoundOperation | Promise<FoundOperation> {
    const { cache, turns, documents } = this.#options;
    const { operationName } = request;
    let query: string;
    try {
      this.countRequest(caller);
      query = documents.textOf(request, caller);
    } catch (error) {
      if (error instanceof GraphQLError) return { operation: null, errors: [error] };
      throw error;
    }
    return (
      cache.recall(query, operationName) ??
      turns.run(callerKey(caller), () => cache.find(query, operationName, caller.viewer !== null))
    );
  }

  /**
   * Runs what was found, through all gates in order: text, cost, rate, then quota and permission of a subscription, or
   * execution, permission included. Never rejects: what is refused is an outcome, its errors formatted, and nothing is left
   * open. `fieldTrace` is told of the fields of a query or mutation, where there is a schema for that.
   */
  run(
    found: FoundOperation,
    variables: Variables,
    caller: Caller,
    fieldTrace?: FieldTrace,
  ): Promise<Outcome> {
    if (found.errors) return Promise.resolve(this.#refuse(found.errors, caller));
    const { operation } = found;
    const run = () => this.#run(operation, variables, caller, fieldTrace);
    return tracedRun(this.#options.tracing ?? noTracing, operation, caller, run);
  }

  async #run(
    operation: PreparedOperation,
    variables: Variables,
    caller: Caller,
    fieldTrace: FieldTrace | undefined,
  ): Promise<Outcome> {
    try {
      this.#options.gates.noteReturn(operation, variables, caller);
      const { values } = this.#options.gates.charge(operation, variables, caller);
      const counted = this.#options.rate.count(caller);
      if (counted) await counted;
      const { operation: type, name } = operation.definition;
      // A change is made whether its caller waits for the answer or not.
      const isChange = type === OperationTypeNode.MUTATION;
      const signal = isChange ? undefined : caller.signal;
      signal?.throwIfAborted();
      const key = isChange ? parseIdempotencyKey(caller.idempotencyKey) : null;
      const contextValue = this.#options.createContext(caller, key);
      if (type === OperationTypeNode.SUBSCRIPTION)
        return await this.#open(operation, variables, contextValue, caller);
      const prepared = this.#options.beforeExecution(operation, contextValue);
      if (prepared) await prepared;
      const { document } = operation;
      const execution = { document, operationName: name?.value, variableValues: variables, contextValue };
      const { executor, tracedSchema } = this.#options;
      const execute = () =>
        fieldTrace && tracedSchema
          ? tracedSchema.execute({ ...execution, options: coercion }, fieldTrace)
          : executor.execute(execution, signal);
      const result = await (values > fewValues
        ? this.#options.turns.run(callerKey(caller), execute)
        : execute());
      this.#note(operation, result.data ? undefined : result.errors);
      this.#assertSize(result);
      return { kind: 'result', result: this.#formatResult(result, caller) };
    } catch (error) {
      return this.#refuse([error], caller);
    }
  }

  /**
   * Judges a stream by what its caller's viewer may do now: null where it goes on, with what they may be shown; else why it is to
   * end.
   */
  review(stream: OpenStream, caller: Pick<Caller, 'requestId'> & { readonly viewer: Viewer }) {
    try {
      reviewStream(this.#options.schema, stream, caller.viewer);
      return null;
    } catch (error) {
      return this.#format([error], caller);
    }
  }

  /** The quota is taken before anything is asked of the record, and given back with the stream, or where there is none. */
  async #open(
    operation: PreparedOperation,
    variables: Variables,
    contextValue: ViewerContext,
    caller: Caller,
  ): Promise<Outcome> {
    const { quota, signal, resumption, lastEventId } = caller;
    if (quota === null) throw new ClientError('BAD_REQUEST', 'A subscription cannot be answered this way.');
    quota.take();
    const opening = this.#sources.open(operation, variables, contextValue);
    const { source, errors } = opening instanceof Promise ? await opening : opening;
    if (errors) {
      quota.release();
      this.#note(operation, errors);
      return this.#refuse(errors, caller);
    }
    const scope = scopeOfStream(operation.scopeBits, rootFieldName(operation), contextValue.scope);
    const whose = { scope, viewerId: contextValue.viewer.id, taken: quota };
    const stream = await this.#options.hub.open(operation, variables, source, {
      ...{ ...whose, signal, resumption, lastEventId },
    });
    this.#note(operation, undefined);
    return { kind: 'stream', stream };
  }

  /** What nobody has been allowed to run takes no memory for long. */
  #note(operation: PreparedOperation, errors: readonly GraphQLError[] | undefined): void {
    const { cache } = this.#options;
    if (errors?.some(({ extensions: { code } }) => code === 'FORBIDDEN' || code === 'UNAUTHENTICATED'))
      cache.doubt(operation);
    else cache.prove(operation);
  }

  #assertSize({ data }: ExecutionResult): void {
    const { maxResultBytes: limit } = this.#options;
    if (isLarger(data, limit))
      throw new ClientError('RESULT_TOO_LARGE', `The result has more than ${limit} bytes: ask for less.`, {
        limit,
      });
  }

  #formatResult({ errors, ...result }: ExecutionResult, caller: Caller): FormattedExecutionResult {
    return errors ? { errors: this.#format(errors, caller), ...result } : result;
  }

  #refuse(errors: readonly unknown[], caller: Caller): Outcome {
    return { kind: 'refused', errors: this.#format(errors, caller) };
  }

  #format(
    errors: readonly unknown[],
    { requestId }: Pick<Caller, 'requestId'>,
  ): readonly GraphQLFormattedError[] {
    return errors.map((error) => this.#options.formatError(asGraphQLError(error), { requestId }));
  }
}
