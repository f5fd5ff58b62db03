/** Parses and validates the text of each operation once, and remembers the result. */
import {
  getOperationAST,
  GraphQLError,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type ParseOptions,
  type ValidationRule,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { countNodes } from './document-size.ts';
import { hashText } from './documents/text-hash.ts';
import { forgetTokens } from './forget-tokens.ts';
import { findStreamConditions } from './streams/conditions.ts';
import { readStreamVariables } from './streams/variables.ts';
import { withoutSuggestion } from './suggestions.ts';
import type { PreparedOperation } from '../realtime/prepared-operation.ts';
import { scopeBitsOf } from '../schema/scope.ts';

export interface ValidOperation {
  readonly operation: PreparedOperation;
  readonly errors: null;
}

/** An operation that may run, or the errors that say why the text is none. */
export type FoundOperation =
  ValidOperation | { readonly operation: null; readonly errors: readonly GraphQLError[] };

export interface OperationCacheOptions {
  readonly schema: GraphQLSchema;
  /** Validation rules besides those of the specification. */
  readonly rules: readonly ValidationRule[];
  readonly parseOptions: ParseOptions;
  /** Whether errors may suggest names of the schema. Somebody could find out the whole schema that way. */
  readonly suggestions: boolean;
  /** Fields and fragments that an operation may have, counted wherever they are spread. */
  readonly maxNodes: number;
  /** About how much memory the cache may take, bytes. The least recently used is forgotten first. */
  readonly maxBytes: number;
}

interface Entry {
  readonly name: string;
  readonly query: string;
  readonly found: ValidOperation;
}

/** What a node of the syntax tree takes with its location, about, bytes. Each name and each value is a node too. */
const bytesPerNode = 200;
/**
 * Lines of a text, and errors that are told of it: to say where an error is, graphql-js counts the lines in front of it, and
 * does so for each of up to twenty places that the error names.
 */
const maxLines = 5_000;
const maxErrors = 20;
const [lineFeed, carriageReturn] = [0x0a, 0x0d];
/** GraphQL, section 2.1.9. */
const namePattern = /^[_A-Za-z][_0-9A-Za-z]{0,127}$/;

/** With the length of the name in front, so that a name and a text never make the key of another name and text. */
const keyOf = (query: string, name: string): string => `${name.length} ${name}${query}`;

export class OperationCache {
  readonly #options: OperationCacheOptions;
  readonly #entries: LRUCache<string, Entry>;
  /** The one used last. Mostly the same operation is asked for again and again, and needs no key then. */
  #newest: Entry | undefined;
  /** Operations that somebody was allowed to run. */
  readonly #proven = new WeakSet<PreparedOperation>();
  #count = 0;

  constructor(options: OperationCacheOptions) {
    this.#options = options;
    this.#entries = new LRUCache({
      maxSize: options.maxBytes,
      sizeCalculation: ({ found }) => found.operation.bytes,
    });
  }

  /**
   * What came of a text and the name of one of its operations. `keep`: whether it may be remembered; what is refused never
   * is. Never throws.
   */
  find(query: string, operationName: string | null | undefined, keep: boolean): FoundOperation {
    const known = this.recall(query, operationName);
    if (known) return known;
    const name = operationName ?? '';
    const found = this.#examine(query, name);
    if (found.operation && keep) {
      this.#newest = { name, query, found };
      this.#entries.set(keyOf(query, name), this.#newest);
    }
    return found;
  }

  /** The same where it is remembered: this takes hardly any time. */
  recall(query: string, operationName: string | null | undefined): ValidOperation | undefined {
    const name = operationName ?? '';
    if (this.#newest?.query === query && this.#newest.name === name) return this.#newest.found;
    const known = this.#entries.get(keyOf(query, name));
    if (known) this.#newest = known;
    return known?.found;
  }

  /** Somebody was allowed to run the operation. */
  prove(operation: PreparedOperation): void {
    this.#proven.add(operation);
  }

  /** A caller was not allowed to run the operation: it is forgotten, unless somebody else was allowed to. */
  doubt(operation: PreparedOperation): void {
    if (this.#proven.has(operation)) return;
    const { query, definition } = operation;
    this.#newest = undefined;
    const name = definition.name?.value ?? '';
    for (const given of name === '' ? [''] : ['', name]) this.#entries.delete(keyOf(query, given));
  }

  #examine(query: string, name: string): FoundOperation {
    const { schema, rules, parseOptions, maxNodes } = this.#options;
    if (name !== '' && !namePattern.test(name))
      return this.#refuse([new GraphQLError('operationName is not a name.')], 'BAD_USER_INPUT');
    if (countLines(query) > maxLines)
      return this.#refuse(
        [new GraphQLError(`The text has more than ${maxLines} lines.`)],
        'GRAPHQL_PARSE_FAILED',
      );
    let document: DocumentNode;
    try {
      document = parse(query, parseOptions);
    } catch (error) {
      return this.#refuse([asGraphQLError(error, 'The text cannot be parsed')], 'GRAPHQL_PARSE_FAILED');
    }
    const nodes = countNodes(document);
    // Before any rule runs: a rule may look at a fragment again wherever it is spread.
    if (nodes > maxNodes) return this.#refuse([tooLarge(maxNodes)], 'GRAPHQL_VALIDATION_FAILED');
    const conditions = findStreamConditions(document);
    if (conditions.length > 0) return this.#refuse(conditions, 'GRAPHQL_VALIDATION_FAILED');
    const errors = validateSafely(schema, document, [...specifiedRules, ...rules]);
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
    const treeNodes = forgetTokens(document);
    const operation = {
      document,
      definition,
      query,
      hash: hashText(query),
      nodes,
      bytes: 2 * query.length + bytesPerNode * treeNodes,
      number: this.#count,
      variableNames: (definition.variableDefinitions ?? []).map((node) => node.variable.name.value),
      ...readStreamVariables(schema, document, definition),
      scopeBits: scopeBitsOf(schema, document, definition),
    };
    return { operation, errors: null };
  }

  #refuse(errors: readonly GraphQLError[], code: string): FoundOperation {
    const { suggestions } = this.#options;
    return { operation: null, errors: errors.map((error) => withCode(error, code, suggestions)) };
  }
}

/** As graphql-js counts them, but for the two characters of a Windows line break, which are two here. */
function countLines(text: string): number {
  let count = 1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === lineFeed || code === carriageReturn) count += 1;
  }
  return count;
}

/** Makes an answer of what graphql-js throws instead of reporting: in a rule that did not expect such a text, or for want of stack. */
function validateSafely(
  schema: GraphQLSchema,
  document: DocumentNode,
  rules: readonly ValidationRule[],
): readonly GraphQLError[] {
  try {
    return validate(schema, document, rules, { maxErrors });
  } catch (error) {
    return [asGraphQLError(error, 'The text cannot be validated')];
  }
}

function asGraphQLError(error: unknown, what: string): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const why = error instanceof RangeError ? 'it is nested too deeply' : (error as Error).message;
  return new GraphQLError(`${what}: ${why}`);
}

const tooLarge = (maxNodes: number) =>
  new GraphQLError(
    `The operation has more than ${maxNodes} fields, counting what its fragments stand for wherever they are spread.`,
  );

function withCode(error: GraphQLError, code: string, suggestions: boolean): GraphQLError {
  const { nodes = null, source = null, positions = null, extensions } = error;
  const message = suggestions ? error.message : withoutSuggestion(error.message);
  return new GraphQLError(message, { nodes, source, positions, extensions: { code, ...extensions } });
}
