/** Owns the execution of operations: what graphql-js finds out anew each time is found out once, for those that keep coming. */
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
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';
import { RecentMap } from '../lib/recent-map.ts';

type Outcome<T> = T | Promise<T>;

/** A result without errors. */
interface Data {
  readonly data: Record<string, unknown>;
}

/** What graphql-js's `execute` takes, without the schema: compiled code is that of one. */
export type Operation = Omit<ExecutionArgs, 'schema'>;

/** To compile takes as long as some dozens of executions: only what comes again is worth it. */
const runsBeforeCompiled = 8;
/** Bounds the memory for code, some 25 KB per operation. */
const maxCompiled = 300;

/**
 * Executes the queries and subscriptions of one schema, those that keep coming by code that graphql-jit made of them.
 *
 * Code answers only where nothing goes wrong. A result with errors is thrown away and the operation executed again by
 * graphql-js, in the same context, so that what was loaded is not loaded again: errors are always those of the reference
 * implementation. So a mutation, which can't be repeated, is never compiled.
 */
export class Executor {
  readonly #schema: GraphQLSchema;
  /** Null for what is not to be compiled. */
  readonly #compiled = new RecentMap<OperationDefinitionNode, CompiledQuery | null>(maxCompiled);
  readonly #runs = new WeakMap<OperationDefinitionNode, number>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  /** Operations that code is kept for. */
  get size(): number {
    let size = 0;
    for (const code of this.#compiled.values()) if (code) size += 1;
    return size;
  }

  /** As graphql-js's `execute`: synchronous wherever every resolver is. */
  execute(operation: Operation): Outcome<ExecutionResult> {
    const result = this.executeCompiled(operation);
    if (result instanceof Promise) return result.then((settled) => settled ?? this.#interpret(operation));
    return result ?? this.#interpret(operation);
  }

  /** The result where there is code for the operation and nothing goes wrong; else undefined, for `execute` to be called. */
  executeCompiled({
    document,
    operationName,
    rootValue,
    contextValue,
    variableValues,
  }: Operation): Outcome<Data | undefined> {
    const definition = getOperationAST(document, operationName);
    const code = definition && this.#codeOf(document, definition);
    if (!code) return undefined;
    const result = code.query(rootValue, contextValue, variableValues) as Outcome<ExecutionResult>;
    return result instanceof Promise ? result.then(withoutErrors) : withoutErrors(result);
  }

  #interpret(operation: Operation): Outcome<ExecutionResult> {
    return execute({ ...operation, schema: this.#schema });
  }

  #codeOf(document: DocumentNode, definition: OperationDefinitionNode): CompiledQuery | null {
    const known = this.#compiled.get(definition);
    if (known !== undefined) return known;
    const runs = (this.#runs.get(definition) ?? 0) + 1;
    this.#runs.set(definition, runs);
    if (runs <= runsBeforeCompiled) return null;
    const code = this.#compile(document, definition);
    this.#compiled.set(definition, code);
    return code;
  }

  #compile(document: DocumentNode, definition: OperationDefinitionNode): CompiledQuery | null {
    if (!isCompilable(document, definition)) return null;
    const compiled = compileQuery(this.#schema, document, definition.name?.value ?? '');
    return isCompiledQuery(compiled) ? compiled : null;
  }
}

function withoutErrors({ data, errors }: ExecutionResult): Data | undefined {
  return errors || !data ? undefined : { data };
}

/**
 * Whether it may become code. What a client wrote as a string must not: a text is data, and there is no telling it from
 * code but by the care of whoever quotes it. (Strings in variables are never part of the code.) Reserved names are those of
 * introspection, which is large and rare, and of JavaScript's objects. And where fragments meet, graphql-jit 0.8 shows fields
 * that `@skip` has taken out.
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

function isReserved(name: string): boolean {
  return name.startsWith('__') && name !== '__typename';
}
