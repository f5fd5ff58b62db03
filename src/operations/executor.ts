/** Executes operations: by graphql-js, or, when they keep coming, by code that was compiled for them. */
import {
  BREAK,
  execute,
  getOperationAST,
  Kind,
  OperationTypeNode,
  visit,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import { createResultJudge } from '../schema/result-types.ts';
import { countNodes } from './document-size.ts';

type Outcome<T> = T | Promise<T>;

/** A result without errors. */
interface Data {
  readonly data: Record<string, unknown>;
}

/** What graphql-js's `execute` takes, without the schema: compiled code is that of one. */
export type Operation = Omit<ExecutionArgs, 'schema'>;

/** graphql-jit could not make code of an operation. */
export interface NotCompiled {
  readonly operation: string;
  readonly errors: readonly GraphQLError[];
}

/** To compile takes as long as some dozens of executions, so only operations that come again are worth it. */
const runsBeforeCompiled = 8;
/**
 * Fields and fragments of an operation that may become code, its fragments put in their places: graphql-jit writes each of
 * them out, so that its time and its code grow with them, and not with the text.
 */
const maxCompiledNodes = 250;
/** The same of all operations that code is kept for: about a kilobyte of code each, measured. */
const maxKeptNodes = 10_000;
/** Nodes of the syntax tree, names and values included, that take as much memory as the code of one field: 200 bytes each. */
const syntaxNodesPerNode = 5;

/**
 * Where graphql-jit serializes values it makes for each of them what an error would say of its place. Nearly all are as they have to be,
 * which is cheaper to see afterwards; of those that are not the reference implementation says what becomes of them.
 */
const options = { disableLeafSerialization: true };

interface Code {
  readonly query: CompiledQuery['query'];
  /** Whether the values of a result are of their types. */
  readonly isTyped: (data: unknown) => boolean;
}

interface Compiled {
  readonly code: Code;
  /** What the code takes, or the document, which is kept with it: whichever is more. */
  readonly nodes: number;
}

/** Errors about the variables of one operation, each of which repeats the value of a whole variable. */
export const coercion = { maxCoercionErrors: 2 };

/**
 * Executes the operations of one schema. Queries and subscriptions that keep coming are executed by code of graphql-jit.
 *
 * Code answers only where nothing goes wrong. When its result has errors, the operation is executed again by graphql-js, so
 * that errors are always those of the reference implementation; the context is the same, so that nothing is loaded twice.
 * A mutation is never compiled, since it cannot be executed again; and neither is an operation that was never executed
 * without an error, by somebody who may.
 */
export class Executor {
  readonly #schema: GraphQLSchema;
  readonly #onNotCompiled: ((failure: NotCompiled) => void) | undefined;
  readonly #compiled = new LRUCache<OperationDefinitionNode, Compiled>({
    maxSize: maxKeptNodes,
    sizeCalculation: ({ nodes }) => nodes,
  });
  /** Those that must not be compiled: known for as long as somebody else keeps them. */
  readonly #interpreted = new WeakSet<OperationDefinitionNode>();
  /** How often each was executed without an error. */
  readonly #runs = new WeakMap<OperationDefinitionNode, number>();

  /** `onNotCompiled` is called where code should have been made and was not: the operation is then interpreted, and slow. */
  constructor(schema: GraphQLSchema, onNotCompiled?: (failure: NotCompiled) => void) {
    this.#schema = schema;
    this.#onNotCompiled = onNotCompiled;
  }

  /** Operations that code is kept for. */
  get size(): number {
    return this.#compiled.size;
  }

  /**
   * Like `execute` of graphql-js: synchronous wherever every resolver is. Throws the reason of `signal` when it was aborted
   * before the execution, or before the second one.
   */
  execute(operation: Operation, signal?: AbortSignal): Outcome<ExecutionResult> {
    signal?.throwIfAborted();
    const code = this.#codeOf(operation);
    if (!code) return this.#interpret(operation, signal);
    const result = run(code, operation);
    const judge = (settled: ExecutionResult) =>
      withoutErrors(settled, code) ?? this.#interpret(operation, signal);
    return result instanceof Promise ? result.then(judge) : judge(result);
  }

  /** The result where there is code for the operation and nothing goes wrong; else undefined, for `execute` to be called. */
  executeCompiled(operation: Operation): Outcome<Data | undefined> {
    const code = this.#codeOf(operation);
    if (!code) return undefined;
    const result = run(code, operation);
    return result instanceof Promise
      ? result.then((settled) => withoutErrors(settled, code))
      : withoutErrors(result, code);
  }

  #interpret(operation: Operation, signal: AbortSignal | undefined): Outcome<ExecutionResult> {
    signal?.throwIfAborted();
    const result = execute({ ...operation, schema: this.#schema, options: coercion });
    if (result instanceof Promise) return result.then((settled) => this.#note(operation, settled));
    return this.#note(operation, result);
  }

  /** Counts an execution without errors. */
  #note({ document, operationName }: Operation, result: ExecutionResult): ExecutionResult {
    const definition = result.errors ? null : getOperationAST(document, operationName);
    if (definition) this.#runs.set(definition, (this.#runs.get(definition) ?? 0) + 1);
    return result;
  }

  #codeOf({ document, operationName }: Operation): Code | null {
    const definition = getOperationAST(document, operationName);
    if (!definition) return null;
    const known = this.#compiled.get(definition);
    if (known) return known.code;
    if (this.#interpreted.has(definition)) return null;
    if ((this.#runs.get(definition) ?? 0) < runsBeforeCompiled) return null;
    const nodes = countNodes(document);
    const isCompiled = nodes <= maxCompiledNodes && isCompilable(document, definition);
    const code = isCompiled ? this.#compile(document, definition) : null;
    if (code)
      this.#compiled.set(definition, {
        code,
        nodes: Math.max(nodes, Math.ceil(countSyntaxNodes(document) / syntaxNodesPerNode)),
      });
    else this.#interpreted.add(definition);
    return code;
  }

  #compile(document: DocumentNode, definition: OperationDefinitionNode): Code | null {
    const name = definition.name?.value ?? '';
    const compiled = compileQuery(this.#schema, document, name, options);
    if (isCompiledQuery(compiled))
      return { query: compiled.query, isTyped: createResultJudge(this.#schema, document, definition) };
    this.#onNotCompiled?.({ operation: name, errors: compiled.errors ?? [] });
    return null;
  }
}

const run = ({ query }: Code, { rootValue, contextValue, variableValues }: Operation) =>
  query(rootValue, contextValue, variableValues) as Outcome<ExecutionResult>;

function withoutErrors({ data, errors }: ExecutionResult, { isTyped }: Code): Data | undefined {
  return errors || !data || !isTyped(data) ? undefined : { data };
}

/**
 * Whether it may become code. Not with a string literal, whose safety would depend on how graphql-jit escapes it. (Strings
 * in variables are never part of the code.) Not with names that begin with two underscores: introspection is large and
 * rare, and objects of JavaScript have such properties. And not with a directive: graphql-jit 0.8 shows some fields in
 * fragments although `@skip` takes them out.
 */
function isCompilable(document: DocumentNode, { operation }: OperationDefinitionNode): boolean {
  if (operation === OperationTypeNode.MUTATION) return false;
  let isCompilable = true;
  const refuse = () => {
    isCompilable = false;
    return BREAK;
  };
  visit(document, {
    [Kind.STRING]: refuse,
    [Kind.DIRECTIVE]: refuse,
    [Kind.ENUM]: ({ value }) => (isReserved(value) ? refuse() : undefined),
    [Kind.NAME]: ({ value }) => (isReserved(value) ? refuse() : undefined),
  });
  return isCompilable;
}

function countSyntaxNodes(document: DocumentNode): number {
  let count = 0;
  visit(document, {
    enter() {
      count += 1;
    },
  });
  return count;
}

function isReserved(name: string): boolean {
  return name.startsWith('__') && name !== '__typename';
}
