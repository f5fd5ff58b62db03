/** Proves the limits of operations, and that the operations of common tools stay within them. */
import { describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery, parse, specifiedRules, validate } from 'graphql';
import { createLimits } from '../../src/operations/limits.ts';
import { tSubgraph } from '../support/subgraph.ts';

async function tLimits(some: Partial<Parameters<typeof createLimits>[0]> = {}) {
  const { schema } = await tSubgraph();
  const { validationRules, parseOptions } = createLimits({
    maxDepth: 12,
    maxAliases: 30,
    maxTokens: 2_000,
    maxDirectives: 50,
    ...some,
  });
  return {
    parseOptions,
    check: (query: string) =>
      validate(schema, parse(query, parseOptions), [...specifiedRules, ...validationRules]),
  };
}

const ofLimit = (message: string) => [
  expect.objectContaining({ message, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }),
];

describe('depth', () => {
  const nested = '{ dispatch(id: 1) { historial { dispatch { historial { timestamp } } } } }';

  test('is counted in fields', async () => {
    expect((await tLimits({ maxDepth: 5 })).check(nested)).toEqual([]);
    expect((await tLimits({ maxDepth: 4 })).check(nested)).toEqual(
      ofLimit('Query depth limit of 4 exceeded, found 5.'),
    );
  });

  test('is counted through fragments', async () => {
    const { check } = await tLimits({ maxDepth: 4 });
    const hidden = `{ ...A } fragment A on Query { dispatch(id: 1) { ...B ... on Dispatch { id } } }
      fragment B on Dispatch { historial { dispatch { historial { timestamp } } } }`;
    expect(check(hidden)).toEqual(ofLimit('Query depth limit of 4 exceeded, found 5.'));
  });

  test('lets the introspection of tools pass', async () => {
    const { check } = await tLimits();
    expect(check(getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true }))).toEqual([]);
  });
});

test('aliases are counted through fragments', async () => {
  const { check } = await tLimits({ maxAliases: 3 });
  const aliases = (count: number) => Array.from({ length: count }, (_, index) => `a${index}: id`).join(' ');
  const query = (count: number) =>
    `{ dispatch(id: 1) { x: id ...F } } fragment F on Dispatch { ${aliases(count)} }`;
  expect(check(query(2))).toEqual([]);
  expect(check(query(3))).toEqual(ofLimit('Aliases limit of 3 exceeded, found 4.'));
});

test('directives are counted', async () => {
  const { check } = await tLimits({ maxDirectives: 2 });
  const query = (count: number) =>
    `{ dispatch(id: 1) { ${Array.from({ length: count }, () => 'id @include(if: true)').join(' ')} } }`;
  expect(check(query(2))).toEqual([]);
  expect(check(query(3))).toEqual(ofLimit('Directives limit of 2 exceeded, found 3.'));
});

test('a text of too many tokens is not even parsed', async () => {
  const { parseOptions, check } = await tLimits({ maxTokens: 20 });
  expect(check('{ dispatch(id: 1) { id } }')).toEqual([]);
  const long = `{ dispatch(id: 1) { ${'id '.repeat(20)} } }`;
  expect(() => parse(long, parseOptions)).toThrow(/more that 20 tokens/);
});
