/** Executes one operation for all who share it: takes a root value, and returns the bytes of the result. */
import {
  Kind,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLFormattedError,
  type SelectionSetNode,
} from 'graphql';
import type { Metrics } from '../../observability/metrics.ts';
import { aboutOperation, aboutProcessing, subscriptionEvent } from '../../observability/tracing/names.ts';
import { noTracing, tracedNow, type Tracing } from '../../observability/tracing/tracing.ts';
import type { GroupScope } from '../group-key.ts';
import { rootFieldName, type PreparedOperation, type Variables } from '../prepared-operation.ts';
import type { Frame } from '../frame.ts';
import { OpenResult, type OpenFields } from './open-result.ts';

/** Makes a context with new loaders, which read nothing more once `signal` is aborted. */
export type ContextMaker = (signal: AbortSignal | undefined) => unknown;

export interface ExecutionOptions {
  /** Does what `execute` of graphql-js does, with the schema given. Synchronous where all resolvers are. */
  readonly execute: (
    operation: Omit<ExecutionArgs, 'schema'>,
    signal: AbortSignal | undefined,
  ) => ExecutionResult | Promise<ExecutionResult>;
  /** Called once for a group, with its scope: what it returns knows no viewer, and makes the contexts of the group's events. */
  readonly createContexts: (scope: GroupScope) => ContextMaker;
  /** What clients may read of errors. */
  readonly formatErrors: (errors: NonNullable<ExecutionResult['errors']>) => readonly GraphQLFormattedError[];
  readonly metrics: Metrics;
  readonly tracing?: Tracing;
}

export type Cause = 'event' | 'snapshot';

/** Executes an operation over values of its root field, and serialises each result once. */
export class SharedExecution {
  readonly operation: PreparedOperation;
  /** Without `after`. */
  readonly variables: Variables;
  readonly #options: ExecutionOptions;
  readonly #createContext: ContextMaker;
  readonly #field: string;

  constructor(
    options: ExecutionOptions,
    operation: PreparedOperation,
    variables: Variables,
    scope: GroupScope,
  ) {
    this.#options = options;
    this.operation = operation;
    this.variables = variables;
    this.#createContext = options.createContexts(scope);
    this.#field = rootFieldName(operation);
  }

  /** What the client calls the operation; null where it has no name. */
  get operationName(): string | null {
    return this.operation.definition.name?.value ?? null;
  }

  get field(): string {
    return this.#field;
  }

  /** Whether a field of this name is asked for somewhere. */
  asksFor(name: string): boolean {
    const isIn = ({ selections }: SelectionSetNode): boolean =>
      selections.some((node) => {
        if (node.kind === Kind.FRAGMENT_SPREAD) return false;
        if (node.kind === Kind.FIELD && node.name.value === name) return true;
        return node.selectionSet !== undefined && isIn(node.selectionSet);
      });
    return this.operation.document.definitions.some(
      (node) => 'selectionSet' in node && isIn(node.selectionSet),
    );
  }

  /**
   * `about`: what goes with the result. Synchronous where all resolvers are: an event is then sent in the turn of the event loop in
   * which it arrived.
   */
  run(
    value: unknown,
    cause: Cause,
    about: Omit<Frame, 'payload'>,
    signal?: AbortSignal,
  ): Frame | Promise<Frame> {
    const result = this.#execute(value, cause, signal);
    return result instanceof Promise
      ? result.then((made) => this.#frame(made, about))
      : this.#frame(result, about);
  }

  /** Runs an event with the fields left open that each filter decides. */
  runOpen(value: unknown, fields: OpenFields): OpenResult | Promise<OpenResult> {
    const open = (result: ExecutionResult) =>
      new OpenResult(this.#serialise(fields.leaveOpen(result)), fields);
    const result = this.#execute(value, 'event');
    return result instanceof Promise ? result.then(open) : open(result);
  }

  #execute(value: unknown, cause: Cause, signal?: AbortSignal): ExecutionResult | Promise<ExecutionResult> {
    this.#options.metrics.executions.add(1, cause);
    const operation = {
      document: this.operation.document,
      operationName: this.operation.definition.name?.value,
      variableValues: this.variables,
      rootValue: { [this.#field]: value },
      contextValue: this.#createContext(signal),
    };
    return this.#options.execute(operation, signal);
  }

  /** Runs an event of a topic as a part of the trace that it belongs to. */
  trace<T>(
    topic: string,
    { id, traceparent }: { readonly id: string; readonly traceparent?: string },
    run: (trace: { readonly traceparent?: string }) => T | Promise<T>,
  ): T | Promise<T> {
    const { tracing = noTracing } = this.#options;
    const attributes = {
      ...aboutOperation('subscription', this.operationName ?? undefined),
      ...aboutProcessing(id, topic),
    };
    const span = tracing.begin(subscriptionEvent, { kind: 'consumer', parent: traceparent, attributes });
    return span ? tracedNow(span, () => run({ traceparent: span.traceparent })) : run({});
  }

  #frame(result: ExecutionResult, about: Omit<Frame, 'payload'>): Frame {
    return { payload: this.#serialise(result), ...about };
  }

  #serialise(result: ExecutionResult): Buffer {
    const body = result.errors ? { ...result, errors: this.#options.formatErrors(result.errors) } : result;
    return Buffer.from(JSON.stringify(body));
  }
}
