/** Parses and validates each operation text once. */
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
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ParseOptions,
  type ValidationRule,
} from 'graphql';
import { RecentMap } from '../lib/recent-map.ts';
import type { PreparedOperation } from '../realtime/group-key.ts';

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
