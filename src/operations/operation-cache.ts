/** Parses and validates each operation text once, and remembers what came of it. */
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

export interface ValidOperation {
  readonly operation: PreparedOperation;
  readonly errors: null;
}

/** An operation that may run, or the errors that say why the text is none. */
export type FoundOperation =
  ValidOperation | { readonly operation: null; readonly errors: readonly GraphQLError[] };

export interface OperationCacheOptions {
  readonly schema: GraphQLSchema;
  /** Besides those of the specification. */
  readonly rules: readonly ValidationRule[];
  readonly parseOptions: ParseOptions;
  /** Whether errors may say what the schema has instead of what was asked for: name by name that would tell the schema. */
  readonly suggestions: boolean;
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
  readonly found: FoundOperation;
}

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

  find(query: string, operationName: string | null | undefined): FoundOperation {
    const name = operationName ?? '';
    if (this.#newest?.query !== query || this.#newest.name !== name) this.#newest = this.#use(name, query);
    return this.#newest.found;
  }

  #use(name: string, query: string): Entry {
    // With its length in front, a name cannot take the beginning of a text for itself.
    const key = `${name.length} ${name}${query}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry = { name, query, found: this.#examine(query, name) };
    this.#entries.set(key, entry);
    return entry;
  }

  #examine(query: string, name: string): FoundOperation {
    const { schema, rules, parseOptions } = this.#options;
    let document: DocumentNode;
    try {
      document = parse(query, parseOptions);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      return this.#refuse([error], 'GRAPHQL_PARSE_FAILED');
    }
    const errors = validate(schema, document, [...specifiedRules, ...rules]);
    if (errors.length > 0) return this.#refuse(errors, 'GRAPHQL_VALIDATION_FAILED');
    const definition = getOperationAST(document, name === '' ? null : name);
    if (!definition) {
      const message =
        name === ''
          ? 'The document must have exactly one operation, or operationName must say which one is meant.'
          : `The document has no operation named "${name}".`;
      return this.#refuse([new GraphQLError(message)], 'BAD_USER_INPUT');
    }
    this.#count += 1;
    const operation = {
      document,
      definition,
      query,
      number: this.#count,
      variableNames: (definition.variableDefinitions ?? []).map((node) => node.variable.name.value),
      afterVariable: readAfterVariable(document, definition),
    };
    return { operation, errors: null };
  }

  #refuse(errors: readonly GraphQLError[], code: string): FoundOperation {
    const { suggestions } = this.#options;
    return { operation: null, errors: errors.map((error) => withCode(error, code, suggestions)) };
  }
}

/** What graphql-js puts behind an error that names something unknown. */
const suggestion = / ?Did you mean(.+?)\?$/;

function withCode(error: GraphQLError, code: string, suggestions: boolean): GraphQLError {
  const { nodes = null, source = null, positions = null, extensions } = error;
  const message = suggestions ? error.message : error.message.replace(suggestion, '');
  return new GraphQLError(message, { nodes, source, positions, extensions: { code, ...extensions } });
}
