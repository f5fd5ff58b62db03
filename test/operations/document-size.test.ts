/** Proves that the size of an operation is calculated quickly, however often its fragments are spread. */
import { expect, test } from '@jest/globals';
import { parse } from 'graphql';
import { countNodes } from '../../src/operations/document-size.ts';

const count = (query: string) => countNodes(parse(query));

/** `levels` fragments, each of which spreads the next one twice. */
const doubling = (levels: number) =>
  `{ ...F0 } ${Array.from({ length: levels }, (_, level) => `fragment F${level} on Query { ...F${level + 1} ...F${level + 1} }`).join(' ')} fragment F${levels} on Query { a }`;

test.each([
  ['{ a }', 1],
  ['{ a { b c } d }', 4],
  ['{ ... on Query { a } ...F } fragment F on Query { a b }', 5],
  ['query A { a } query B { a b c }', 3],
  ['{ a } fragment Unused on Query { a b c }', 3],
  ['{ ...Missing }', 1],
])('%s has %d', (query, nodes) => {
  expect(count(query)).toBe(nodes);
});

test('a fragment counts wherever it is spread, and is visited once', () => {
  expect(count(doubling(3))).toBe(1 + 2 + 4 + 8 + 8);
  // Counting the fields one by one would never end.
  expect(count(doubling(120))).toBeGreaterThan(2 ** 120);
});

test.each([
  '{ ...A } fragment A on Query { ...A }',
  '{ ...A } fragment A on Query { b { ...B } } fragment B on Query { ...A }',
])('%s has no end', (query) => {
  expect(count(query)).toBe(Infinity);
});
