/** Proves which operations share an execution, and which share a parsed and validated document. */
import type { GraphQLError } from 'graphql';
import { buildSchema } from 'graphql';
import { describe, expect, test } from '@jest/globals';
import { OperationCache, type OperationCacheOptions } from '../../src/operations/operation-cache.ts';
import { groupKey } from '../../src/realtime/group-key.ts';
import {
  rootFieldName,
  sharedVariables,
  type PreparedOperation,
} from '../../src/realtime/prepared-operation.ts';

const schema = buildSchema(`
  type Query { a: Int }
  type Subscription { seen(id: ID!, after: String, also: String): String }
`);

const options = {
  schema,
  rules: [],
  parseOptions: { maxTokens: 100 },
  suggestions: false,
  maxNodes: 50,
  maxBytes: 100_000,
};

const tCache = (some: Partial<OperationCacheOptions> = {}) => new OperationCache({ ...options, ...some });

function prepared(cache: OperationCache, query: string, operationName?: string): PreparedOperation {
  const { operation, errors } = cache.find(query, operationName, true);
  if (errors) throw new AggregateError(errors);
  return operation;
}

const key = (operation: PreparedOperation, variables: Record<string, unknown>, owner?: string, scope = {}) =>
  groupKey(operation, sharedVariables(operation, variables), owner, scope);

describe('the key of a group', () => {
  const query = 'subscription ($id: ID!, $after: String) { seen(id: $id, after: $after) }';

  test('is the same whatever `after` is, and whatever is sent besides the declared variables', () => {
    const operation = prepared(tCache(), query);
    const keys = [
      { id: '1' },
      { id: '1', after: 'x' },
      { id: '1', after: null },
      { after: 'y', id: '1', more: 1 },
    ];
    expect(new Set(keys.map((variables) => key(operation, variables))).size).toBe(1);
  });

  test('differs for other variables, other texts, other operations of one text, other viewers, and other scopes', () => {
    const cache = tCache();
    const two = 'subscription A { seen(id: 1) } subscription B { seen(id: 1) }';
    const keys = [
      key(prepared(cache, query), { id: '1' }),
      key(prepared(cache, query), { id: '2' }),
      key(prepared(cache, query), { id: '1' }, 'ana'),
      key(prepared(cache, query), { id: '1' }, undefined, { seesAll: true }),
      key(prepared(cache, query), { id: '1' }, undefined, { seesAll: false }),
      key(prepared(cache, `${query} `), { id: '1' }),
      key(prepared(cache, two, 'A'), {}),
      key(prepared(cache, two, 'B'), {}),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('has a variable that is used for `after` and for something else', () => {
    const operation = prepared(tCache(), 'subscription ($x: String) { seen(id: 1, after: $x, also: $x) }');
    expect(key(operation, { x: 'a' })).not.toBe(key(operation, { x: 'b' }));
  });

  test('cannot be forged with values that look like other values', () => {
    const operation = prepared(
      tCache(),
      'subscription ($id: ID!, $also: String) { seen(id: $id, also: $also) }',
    );
    expect(key(operation, { id: '1","also":"2' })).not.toBe(key(operation, { id: '1', also: '2' }));
  });
});

describe('the cache of operations', () => {
  test('prepares a text once, and forgets the least recently used', () => {
    const cache = tCache({ maxBytes: 2_500 });
    const first = cache.find('{ a }', null, true);
    expect(cache.find('{ a }', null, true)).toBe(first);
    cache.find('{ b: a }', null, true);
    cache.find('{ a }', null, true);
    cache.find('{ c: a }', null, true);
    expect(cache.find('{ a }', null, true)).toBe(first);
    cache.find('{ d: a }', null, true);
    cache.find('{ e: a }', null, true);
    expect(cache.find('{ a }', null, true)).not.toBe(first);
  });

  test.each([
    ['{ a', null, 'GRAPHQL_PARSE_FAILED'],
    [`{ ${'a '.repeat(200)} }`, null, 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', null, 'GRAPHQL_VALIDATION_FAILED'],
    [`{ nothing(a: ${'['.repeat(40)}`, null, 'GRAPHQL_PARSE_FAILED'],
    ['subscription ($v: Boolean!) { seen(id: 1) @include(if: $v) }', null, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'subscription { ...F @skip(if: false) } fragment F on Subscription { seen(id: 1) }',
      null,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'subscription ($v: Boolean!) { ...F } fragment F on Subscription { seen(id: 1) @skip(if: $v) }',
      null,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['{ ...F } fragment F on Query { ...F }', null, 'GRAPHQL_VALIDATION_FAILED'],
    ['query A { a }', 'A B', 'BAD_USER_INPUT'],
    ['query A { a } query B { a }', null, 'BAD_USER_INPUT'],
    ['query A { a }', 'B', 'BAD_USER_INPUT'],
  ])('says what is wrong with %j', (query, operationName, code) => {
    const { errors } = tCache().find(query, operationName, true);
    expect(errors?.map((error: GraphQLError) => error.extensions['code'])).toEqual([code]);
  });

  test('suggests names of the schema only to those who may know them', () => {
    const messages = [true, false].map((suggestions) => {
      const cache = tCache({ suggestions });
      return cache.find('subscription { sean(id: 1) }', null, true).errors?.[0]?.message;
    });
    expect(messages).toEqual([
      'Cannot query field "sean" on type "Subscription". Did you mean "seen"?',
      'Cannot query field "sean" on type "Subscription".',
    ]);
  });

  test("does not confuse an operation name that continues another operation's text", () => {
    const cache = tCache();
    const name = 'A\nquery B { a }';
    expect(cache.find('query C { a }', name, true).errors).not.toBeNull();
    expect(cache.find('query B { a }query C { a }', 'A\n', true).errors).not.toBeNull();
    expect(cache.find('query B { a }\nquery C { a }', 'B', true).operation?.definition.name?.value).toBe('B');
  });
});

test('the root field is found inside fragments', () => {
  const query =
    'subscription { ...F } fragment F on Subscription { ... on Subscription { alias: seen(id: 1) } }';
  expect(rootFieldName(prepared(tCache(), query))).toBe('seen');
});
