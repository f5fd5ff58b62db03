/** Owns the execution of one operation for all who share it: a root value in, the bytes of the result out. */
import type { ExecutionArgs, ExecutionResult, GraphQLFormattedError } from 'graphql';
import type { Metrics } from '../observability/metrics.ts';
import { rootFieldName, type PreparedOperation, type Variables } from './group-key.ts';
import type { Frame } from './frame.ts';

export interface ExecutionOptions {
  /** As graphql-js' `execute` with the schema given: synchronous wherever every resolver is. */
  readonly execute: (operation: Omit<ExecutionArgs, 'schema'>) => ExecutionResult | Promise<ExecutionResult>;
  /** A context without a viewer, with fresh loaders. */
  readonly createContext: () => unknown;
  /** What clients may read of errors. */
  readonly formatErrors: (errors: NonNullable<ExecutionResult['errors']>) => readonly GraphQLFormattedError[];
  readonly metrics: Metrics;
}

export type Cause = 'event' | 'snapshot';

/** Executes an operation over values of its root field, and serialises each result once. */
export class SharedExecution {
  readonly #options: ExecutionOptions;
  readonly #operation: PreparedOperation;
  readonly #variables: Variables;
  readonly #field: string;

  constructor(options: ExecutionOptions, operation: PreparedOperation, variables: Variables) {
    this.#options = options;
    this.#operation = operation;
    this.#variables = variables;
    this.#field = rootFieldName(operation);
  }

  /** Synchronous wherever every resolver is: then an event goes out in the turn of the loop it came in. */
  run(value: unknown, cause: Cause, conflationKey: string | undefined): Frame | Promise<Frame> {
    this.#options.metrics.executions.inc({ cause });
    const result = this.#options.execute({
      document: this.#operation.document,
      operationName: this.#operation.definition.name?.value,
      variableValues: this.#variables,
      rootValue: { [this.#field]: value },
      contextValue: this.#options.createContext(),
    });
    return result instanceof Promise
      ? result.then((settled) => this.#frame(settled, conflationKey))
      : this.#frame(result, conflationKey);
  }

  #frame(result: ExecutionResult, conflationKey: string | undefined): Frame {
    const body = result.errors ? { ...result, errors: this.#options.formatErrors(result.errors) } : result;
    return { payload: Buffer.from(JSON.stringify(body)), conflationKey };
  }
}
