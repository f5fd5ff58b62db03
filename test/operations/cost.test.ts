/** Proves how the cost of an operation is calculated from the directives of the SDL. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  print,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql';
import { CostModel } from '../../src/operations/cost/cost.ts';
import { OperationCache } from '../../src/operations/operation-cache.ts';
import { tSubgraph } from '../support/subgraph.ts';

function tCosts(schema: GraphQLSchema) {
  const cache = new OperationCache({
    ...{ schema, rules: [], parseOptions: {}, suggestions: true },
    ...{ maxNodes: 10_000, maxBytes: 1_000_000 },
  });
  const costs = new CostModel(schema, { maxPageSize: 500 });
  return (query: string, variables = {}) => {
    const { operation, errors } = cache.find(query, null, true);
    if (errors) throw new AggregateError(errors, errors[0]?.message);
    return costs.of(operation, variables);
  };
}

describe('this schema', () => {
  let schema: GraphQLSchema;
  let cost: (query: string, variables?: object) => number;
  beforeAll(async () => {
    ({ schema } = await tSubgraph());
    const costOf = tCosts(schema);
    cost = (query, variables) => costOf(query, variables).cost;
  });

  test.each([
    ['{ dispatch(id: 1) { id estado } }', 1],
    ['{ dispatch(id: 1) { id origen { latitud } } }', 2],
    ['{ despachos { id } }', 50],
    ['{ despachos(limit: 7) { id ubicacionActual { latitud } } }', 14],
    ['{ dispatch(id: 1) { historial { dispatch { historial { timestamp } } } } }', 1 + 50 * (1 + 1 + 50)],
    ['{ a: dispatch(id: 1) { id } b: dispatch(id: 2) { id } }', 2],
    ['{ dispatch(id: 1) { id } ...F } fragment F on Query { dispatch(id: 1) { origen { latitud } } }', 2],
    ['{ _service { sdl } }', 1],
    [
      '{ alerts(first: 20) { edges { node { id dispatch { id } } } pageInfo { hasNextPage } } }',
      1 + 20 * 3 + 1,
    ],
    ['{ alerts { edges { cursor } } }', 1 + 50],
    ['mutation { unsubscribeFromDispatch(id: 1) { id } }', 11],
    ['subscription { dispatchUpdated(id: 1) { dispatch { id origen { latitud } } } }', 3],
    [
      '{ _entities(representations: [{ __typename: "User", id: "1" }, { __typename: "User", id: "2" }]) { ... on User { name } } }',
      2,
    ],
  ])('%s costs %d', (query, expected) => {
    expect(cost(query)).toBe(expected);
  });

  test('takes sizes from variables, their defaults, and no more than a page', () => {
    const query = 'query ($n: Int = 3) { despachos(limit: $n) { id } }';
    expect(cost(query)).toBe(3);
    expect(cost(query, { n: 20 })).toBe(20);
    expect(cost(query, { n: 1_000_000 })).toBe(500);
    expect(cost(query, { n: -5 })).toBe(0);
    expect(cost(query, { n: null })).toBe(50);
  });

  test('counts references by the variable that they come in', () => {
    const query =
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Dispatch { id origen { latitud } } } }';
    const r = Array.from({ length: 3_000 }, (_, id) => ({ __typename: 'Dispatch', id: String(id) }));
    expect(tCosts(schema)(query, { r })).toMatchObject({ cost: 6_000, references: 3_000 });
  });

  test('has an assumed size for every list', () => {
    const lists = Object.values(schema.getTypeMap())
      .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
      .flatMap((type) =>
        isObjectType(type) ? Object.values(type.getFields()).map((field) => ({ type, field })) : [],
      )
      .filter(({ field }) => isListType(getNullableType(field.type)) && !field.name.startsWith('_'));
    expect(lists.length).toBeGreaterThan(5);
    const sizes = ({ astNode }: GraphQLField<unknown, unknown>) =>
      (astNode?.directives ?? []).filter(({ name }) => name.value === 'listSize').map(print);
    // That of a connection has it, and gives it to its edges.
    const ofConnections = Object.values(schema.getQueryType()!.getFields()).flatMap((field) =>
      sizes(field).flatMap((size) => {
        const [, names = ''] = /sizedFields: \[([^\]]*)\]/.exec(size) ?? [];
        return names
          .split(', ')
          .map((name) => `${getNamedType(field.type).name}.${name.replaceAll('"', '')}`);
      }),
    );
    const withoutSize = lists.filter(
      ({ type, field }) => sizes(field).length === 0 && !ofConnections.includes(`${type.name}.${field.name}`),
    );
    expect(withoutSize.map(({ type, field }) => `${type.name}.${field.name}`)).toEqual([]);
  });
});

test('the weight of a field overrides that of its type', () => {
  const cost = tCosts(
    buildSchema(`
      directive @cost(weight: String!) on FIELD_DEFINITION | OBJECT | SCALAR
      type Query { a: T b: T @cost(weight: "7") c: String @cost(weight: "2") }
      type T @cost(weight: "3") { x: Int }
    `),
  );
  expect(cost('{ a { x } }').cost).toBe(3);
  expect(cost('{ b { x } }').cost).toBe(7);
  expect(cost('{ a { x } b { x } c }').cost).toBe(12);
});
