/** Owns operations as the realtime core sees them: parsed and validated once per text, and the key of those that may share an execution. */
import {
  getOperationAST,
  GraphQLError,
  Kind,
  parse,
  specifiedRules,
  validate,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ParseOptions,
  type SelectionNode,
  type ValidationRule,
} from 'graphql';
import { RecentMap } from '../lib/recent-map.ts';

/** An operation text that passed parsing and validation. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  /** One string object for all who sent the same text, so that theirs can be forgotten. */
  readonly query: string;
  /** Stands for document and operation name: equal numbers, equal operations. */
  readonly number: number;
  readonly variableNames: readonly string[];
  /** The variable that carries `after` and nothing else, if there is one. */
  readonly afterVariable: string | undefined;
}

export interface OperationCacheOptions {
  readonly schema: GraphQLSchema;
  /** Besides those of the specification. */
  readonly rules: readonly ValidationRule[];
  readonly parseOptions: ParseOptions;
  /** Texts kept; the least recently used is forgotten first. */
  readonly maxEntries: number;
}

/**
 * The variable that the argument `after` of the root field is taken from, provided that it is used nowhere else: only
 * then do two subscribers with different values see the same.
 */
function readAfterVariable(document: DocumentNode, definition: OperationDefinitionNode): string | undefined {
  if (definition.operation !== 'subscription') return undefined;
  const root = definition.selectionSet.selections.find((node): node is FieldNode => node.kind === Kind.FIELD);
  const value = root?.arguments?.find((argument) => argument.name.value === 'after')?.value;
  if (value?.kind !== Kind.VARIABLE) return undefined;
  const name = value.name.value;
  let uses = 0;
  visit(document, {
    VariableDefinition: () => false,
    Variable: (node) => {
      if (node.name.value === name) uses += 1;
    },
  });
  return uses === 1 ? name : undefined;
}

interface Entry {
  readonly name: string;
  readonly query: string;
  readonly outcome: PreparedOperation | readonly GraphQLError[];
}

/** Parses and validates each operation text once, and remembers the outcome, bounded. */
export class OperationCache {
  readonly #options: OperationCacheOptions;
  readonly #entries: RecentMap<string, Entry>;
  /** The newest in use: the same operation is mostly asked for again and again. */
  #newest: Entry | undefined;
  #count = 0;

  constructor(options: OperationCacheOptions) {
    this.#options = options;
    this.#entries = new RecentMap(options.maxEntries);
  }

  /** The prepared operation, or the errors that say why the text is none. */
  prepare(
    query: string,
    operationName: string | null | undefined,
  ): PreparedOperation | readonly GraphQLError[] {
    const name = operationName ?? '';
    if (this.#newest?.query !== query || this.#newest.name !== name) this.#newest = this.#use(name, query);
    return this.#newest.outcome;
  }

  #use(name: string, query: string): Entry {
    const key = `${name}\n${query}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry = { name, query, outcome: this.#examine(query, name === '' ? null : name) };
    this.#entries.set(key, entry);
    return entry;
  }

  #examine(
    query: string,
    operationName: string | null | undefined,
  ): PreparedOperation | readonly GraphQLError[] {
    const { schema, rules, parseOptions } = this.#options;
    let document: DocumentNode;
    try {
      document = parse(query, parseOptions);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      return [withCode(error, 'GRAPHQL_PARSE_FAILED')];
    }
    const errors = validate(schema, document, [...specifiedRules, ...rules]);
    if (errors.length > 0) return errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
    const definition = getOperationAST(document, operationName);
    if (!definition) {
      const message = operationName
        ? `The document has no operation named "${operationName}".`
        : 'The document must have exactly one operation, or operationName must say which one is meant.';
      return [new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })];
    }
    this.#count += 1;
    return {
      document,
      definition,
      query,
      number: this.#count,
      variableNames: (definition.variableDefinitions ?? []).map((node) => node.variable.name.value),
      afterVariable: readAfterVariable(document, definition),
    };
  }
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes = null, source = null, positions = null, extensions } = error;
  return new GraphQLError(message, { nodes, source, positions, extensions: { code, ...extensions } });
}

export type Variables = Readonly<Record<string, unknown>>;

/** The variables that matter to what is shown: those declared, `after` aside. */
export function sharedVariables(
  operation: PreparedOperation,
  variables: Variables | null | undefined,
): Variables {
  const shared: Record<string, unknown> = {};
  for (const name of operation.variableNames) {
    if (name !== operation.afterVariable && variables && name in variables) shared[name] = variables[name];
  }
  return shared;
}

/** Equal for subscribers who may share an execution: same document, operation name, variables (`after` aside) and owner. */
export function groupKey(
  operation: PreparedOperation,
  variables: Variables,
  personalTo: string | undefined,
): string {
  return JSON.stringify([operation.number, variables, personalTo]);
}

/** The name of the operation's root field; for a subscription there is exactly one. */
export function rootFieldName(operation: PreparedOperation): string {
  return collectRootField(operation.document, operation.definition.selectionSet.selections);
}

function collectRootField(document: DocumentNode, selections: readonly SelectionNode[]): string {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) return selection.name.value;
    const selectionSet =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection.selectionSet
        : document.definitions.find(
            (node): node is FragmentDefinitionNode =>
              node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === selection.name.value,
          )?.selectionSet;
    if (selectionSet) return collectRootField(document, selectionSet.selections);
  }
  throw new Error('A validated operation has a root field.');
}
