/** Proves that compiled operations have the results of graphql-js, and that no text of a client gets into compiled code. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  buildSchema,
  execute,
  parse,
  print,
  type ExecutionResult,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { createRandom } from '../../src/cli/replay/random.ts';
import { OperationCache } from '../../src/operations/operation-cache.ts';
import { Executor, type Operation } from '../../src/operations/executor.ts';
import { readTypeDefs } from '../../src/schema/schema.ts';
import { dispatcher, tDispatches } from '../support/dispatches.ts';
import { OperationMaker } from '../support/random-operations.ts';
import { until } from '../support/until.ts';

setFlagsFromString('--expose-gc');

/** More executions than are needed until an operation is compiled. */
const runs = 10;

const toJson = (result: ExecutionResult | undefined): unknown => JSON.parse(JSON.stringify(result ?? null));

/** Dispatches with values in all fields, and a viewer who may read them all. */
async function tRecord() {
  // Which operations are asked, and how often, differs with the schema.
  const subgraph = await tDispatches({ rateLimitScale: 1_000 });
  for (let count = 0; count < 4; count += 1) await subgraph.create({ observaciones: `Nº ${count}` });
  const viewer = { ...dispatcher, role: 'admin' };
  return { ...subgraph, ...tExecutor(subgraph.schema, () => subgraph.contextOf(viewer)) };
}

function tExecutor<C>(schema: GraphQLSchema, contextValue: () => C) {
  const executor = new Executor(schema);
  /** The result of the compiled operation; undefined when it is not compiled. */
  const executeOften = async (operation: Operation) => {
    for (let run = 1; run < runs; run += 1)
      await executor.execute({ ...operation, contextValue: contextValue() });
    return executor.executeCompiled({ ...operation, contextValue: contextValue() });
  };
  return { schema, executor, contextValue, executeOften };
}

/** Whether the operation is compiled. Fails when the results of compiled code and graphql-js differ. */
async function compare(
  { schema, executor, contextValue, executeOften }: ReturnType<typeof tExecutor<unknown>>,
  operation: Operation,
): Promise<boolean> {
  const expected = toJson(await execute({ ...operation, schema, contextValue: contextValue() }));
  const byCode = await executeOften(operation);
  const shown = { query: print(operation.document), ...operation, document: null };
  if (byCode) expect({ ...shown, result: toJson(byCode) }).toEqual({ ...shown, result: expected });
  const result = toJson(await executor.execute({ ...operation, contextValue: contextValue() }));
  expect({ ...shown, result }).toEqual({ ...shown, result: expected });
  return byCode !== undefined;
}

test('what the cache has prepared is compiled, and errors still say where they are', async () => {
  const schema = buildSchema('type Query { name(of: String): String }');
  const cache = new OperationCache({
    schema,
    rules: [],
    parseOptions: {},
    suggestions: true,
    maxNodes: 100,
    maxBytes: 10_000,
  });
  const { operation } = cache.find('query Named($of: String) {\n  name(of: $of)\n}', null, true);
  const failures: unknown[] = [];
  const executor = new Executor(schema, (failure) => failures.push(failure));
  const name = ({ of }: { of: string }) => {
    if (of === 'nobody') throw new Error('There is nobody.');
    return of;
  };
  const ask = (of: string) =>
    executor.execute({ document: operation!.document, rootValue: { name }, variableValues: { of } });
  for (let run = 1; run <= runs; run += 1)
    expect(toJson(await ask('Ana'))).toEqual({ data: { name: 'Ana' } });
  expect({ size: executor.size, failures }).toEqual({ size: 1, failures: [] });
  expect(toJson(await ask('nobody'))).toMatchObject({ errors: [{ locations: [{ line: 2, column: 3 }] }] });
});

test('any query has the result that graphql-js gives it', async () => {
  const record = await tRecord();
  const maker = new OperationMaker(record.schema, createRandom(1), 4);
  const compiled: boolean[] = [];
  for (const { document, variables } of maker.valid('query', 300))
    compiled.push(await compare(record, { document, variableValues: variables }));
  // If none were compiled, the test would prove nothing. How many are differs with the schema: about a quarter.
  expect(compiled.filter(Boolean).length).toBeGreaterThan(compiled.length / 5);
});

test('any event has the result that graphql-js gives it', async () => {
  const schema = buildSubgraphSchema([{ typeDefs: readTypeDefs() }]);
  const plain = tExecutor(schema, () => ({}));
  const maker = new OperationMaker(schema, createRandom(2), 4);
  const compiled: boolean[] = [];
  for (const { document, variables } of maker.valid('subscription', 600)) {
    const rootValue = maker.value(schema.getSubscriptionType()!);
    compiled.push(await compare(plain, { document, variableValues: variables, rootValue }));
  }
  expect(compiled.filter(Boolean).length).toBeGreaterThan(compiled.length / 5);
});

test.each([
  ['text', 5],
  ['text', true],
  ['text', ['a']],
  ['text', { toJSON: () => 'a' }],
  ['id', 7],
  ['id', 7.5],
  ['whole', 2 ** 31],
  ['whole', 1.5],
  ['whole', '12'],
  ['real', Number.NaN],
  ['real', '1.5'],
  ['yes', 1],
  ['yes', 'true'],
  ['word', 'ELSE'],
  ['words', ['ONE', null, 'ELSE']],
  ['words', 'ONE'],
  ['inner', { text: 5 }],
])('a value of another type than %s is shown, or refused, as graphql-js does: %p', async (field, value) => {
  const schema = buildSchema(`
    type Query { things: [Thing!]! }
    type Thing { text: String id: ID whole: Int real: Float yes: Boolean word: Word words: [Word] inner: Thing }
    enum Word { ONE TWO }`);
  const text =
    '{ things { text id whole real yes word words inner { ...Inner } } } fragment Inner on Thing { text }';
  const good = {
    ...{ text: 'a', id: '7', whole: 1, real: 1.5, yes: true },
    word: 'TWO',
    words: ['ONE', null],
  };
  const { executor, executeOften } = tExecutor(schema, () => ({}));
  const operation = { document: parse(text), rootValue: { things: [good] } };
  expect(toJson(await executeOften(operation))).toMatchObject({ data: { things: [good] } });
  const bad = { ...operation, rootValue: { things: [good, { ...good, [field]: value }] } };
  expect(executor.executeCompiled(bad)).toBeUndefined();
  expect(toJson(await executor.execute(bad))).toEqual(toJson(await execute({ ...bad, schema })));
});

describe('an operation', () => {
  test('is compiled only after several executions', async () => {
    const { executor, contextValue, executeOften } = await tRecord();
    const document = parse('query ($id: ID!) { dispatch(id: $id) { id } }');
    const operation = { document, variableValues: { id: '1' } };
    expect(await executor.executeCompiled({ ...operation, contextValue: contextValue() })).toBeUndefined();
    expect(executor.size).toBe(0);
    expect(toJson(await executeOften(operation))).toEqual({ data: { dispatch: { id: '1' } } });
    expect(executor.size).toBe(1);
  });

  test('with an error is executed again by graphql-js, with the values that were loaded before', async () => {
    const { executor, contextValue, executeOften, schema } = await tRecord();
    const document = parse(
      'query ($id: ID!, $limit: Int) { dispatch(id: $id) { id } despachos(limit: $limit) { id } }',
    );
    const wrong = { document, variableValues: { id: '1', limit: -1 } };
    await executeOften({ ...wrong, variableValues: { id: '1' } });
    expect(await executeOften(wrong)).toBeUndefined();
    const loaded: string[] = [];
    const context = contextValue();
    const { dispatch } = context.loaders;
    const load = dispatch.load.bind(dispatch);
    dispatch.load = (id) => (loaded.push(id), load(id));
    const result = await executor.execute({ ...wrong, contextValue: context });
    expect(result).toEqual(await execute({ ...wrong, schema, contextValue: contextValue() }));
    expect(result.errors).toMatchObject([{ path: ['despachos'], extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(loaded).toEqual(['1', '1']);
  });

  test.each([
    ['a string', '{ dispatch(id: "1") { id } }'],
    ['a string by default', 'query ($id: ID = "1") { dispatch(id: $id) { id } }'],
    [
      'a string in an object',
      '{ _entities(representations: [{ __typename: "Dispatch", id: "1" }]) { __typename } }',
    ],
    ['a reserved name as a value', '{ _entities(representations: [__Some]) { __typename } }'],
    ['a reserved name as an alias', '{ __proto__: despachos { id } }'],
    ['a directive', '{ despachos(limit: 1) { id version @skip(if: true) } }'],
    ['introspection', '{ __schema { queryType { name } } }'],
    ['a change', 'mutation { subscribeToDispatch(id: 1) { id } }'],
  ])('with %s is never compiled', async (_what, query) => {
    const { executor, executeOften } = await tRecord();
    expect(await executeOften({ document: parse(query) })).toBeUndefined();
    expect(executor.size).toBe(0);
  });

  test('of an event returns at once, and reads its fields without calls', async () => {
    const { schema, executor, executeOften } = await tRecord();
    const document = parse(
      'subscription { dispatchesUpdated { changeType dispatch { id estado origen { latitud } } } }',
    );
    const dispatch = { id: '1', estado: 'PENDIENTE', origen: { latitud: -16.5 } };
    const value = { changeType: 'CREATED', dispatch };
    const operation = { document, rootValue: { dispatchesUpdated: value } };
    await executeOften(operation);
    expect(toJson(executor.execute(operation) as ExecutionResult)).toEqual({
      data: { dispatchesUpdated: value },
    });
    const called = ['DispatchUpdate', 'Dispatch', 'Place'].flatMap((type) =>
      Object.values((schema.getType(type) as GraphQLObjectType).getFields()).filter(({ resolve }) => resolve),
    );
    const names = ['actorId', 'assignment', 'ubicacionActual', 'eta', 'rastreo', 'historial'];
    expect(called.map(({ name }) => name)).toEqual(names);
  });

  test('that is refused is never compiled', async () => {
    const { executor, schema } = await tRecord();
    const document = parse('{ despachos(limit: 1) { id } }');
    const nobody = { loaders: {} };
    for (let run = 0; run < 2 * runs; run += 1) await executor.execute({ document, contextValue: nobody });
    expect((await execute({ schema, document, contextValue: nobody })).errors).toHaveLength(1);
    expect(executor.size).toBe(0);
  });

  test('whose fragments stand for too much is executed, and never compiled', async () => {
    const { executor, executeOften } = await tRecord();
    const doubling = Array.from(
      { length: 7 },
      (_, level) => `fragment F${level} on Dispatch { ...F${level + 1} ...F${level + 1} }`,
    );
    const document = parse(
      `{ despachos(limit: 1) { ...F0 } } ${doubling.join(' ')} fragment F7 on Dispatch { id }`,
    );
    expect(await executeOften({ document })).toBeUndefined();
    expect(executor.size).toBe(0);
  });

  test('makes room for newer ones, by what they stand for', async () => {
    const { executor, executeOften } = await tRecord();
    const fields = Array.from({ length: 100 }, (_, index) => `a${index}: id`).join(' ');
    for (let number = 0; number < 105; number += 1)
      await executeOften({ document: parse(`query Q${number} { despachos(limit: 1) { ${fields} } }`) });
    expect(executor.size).toBe(Math.floor(10_000 / 101));
  });

  test('makes room for newer ones by their texts as well', async () => {
    const { executor, executeOften } = await tRecord();
    // Of little code, and 2,000 nodes of text.
    const limits = Array.from({ length: 500 }, (_, index) => `$v${index}: Int = 1`).join(' ');
    const uses = Array.from({ length: 2 }, (_, index) => `a${index}: despachos(limit: $v${index}) { id }`);
    for (let number = 0; number < 30; number += 1)
      await executeOften({ document: parse(`query Q${number}(${limits}) { ${uses.join(' ')} }`) });
    expect(executor.size).toBeGreaterThan(0);
    expect(executor.size).toBeLessThan(30);
  });

  test('is not kept by whoever knows that it must not be compiled', async () => {
    const { executor, contextValue } = await tRecord();
    const collect = runInNewContext('gc') as () => void;
    const known = await (async () => {
      const document = parse('{ dispatch(id: "1") { id } }');
      for (let run = 0; run < 2 * runs; run += 1)
        await executor.execute({ document, contextValue: contextValue() });
      return new WeakRef(document.definitions[0]!);
    })();
    await until('it is forgotten', () => {
      collect();
      return known.deref() === undefined;
    });
    // It lives longer than what it has executed.
    expect(executor.size).toBe(0);
  });
});
