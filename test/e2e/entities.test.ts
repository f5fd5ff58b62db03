/** Proves that gateways resolve references over HTTP, any number of them in one query, with the same permissions as other fields. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tApp } from '../support/app.ts';
import { createDispatch } from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tSqlProxy } from '../support/sql-proxy.ts';

const entities = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { __typename ... on Dispatch { id estado version } ... on User { id isOnline } }
}`;

const dispatchReferences = (ids: readonly string[]) => ids.map((id) => ({ __typename: 'Dispatch', id }));

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await tPostgres();
});
afterAll(() => postgres.stop());

describe('references to dispatches', () => {
  test('200 of them, with repeated and unknown ids, cost one query to the database', async () => {
    const sql = await tSqlProxy(await postgres.createDatabase());
    const app = await tApp({ DATABASE_URL: sql.url });
    const known: string[] = [];
    for (let index = 0; index < 50; index += 1) known.push(await createDispatch(app));
    const ids = Array.from({ length: 200 }, (_, index) =>
      index % 5 === 4 ? `unknown-${index}` : known[index % 50]!,
    );

    sql.forget();
    const { data, errors } = await app.ask(entities, { representations: dispatchReferences(ids) });
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      _entities: ids.map((id) =>
        known.includes(id) ? { __typename: 'Dispatch', id, estado: 'PENDIENTE', version: 1 } : null,
      ),
    });
    expect(sql.count('from "dispatches"')).toBe(1);
  });

  test('may be mixed with references to users in one request', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const representations = [
      { __typename: 'User', id: 'somebody' },
      ...dispatchReferences([id, 'unknown']),
      { __typename: 'User', id: 'somebody' },
    ];
    expect((await app.ask(entities, { representations })).data).toEqual({
      _entities: [
        { __typename: 'User', id: 'somebody', isOnline: false },
        { __typename: 'Dispatch', id, estado: 'PENDIENTE', version: 1 },
        null,
        { __typename: 'User', id: 'somebody', isOnline: false },
      ],
    });
  });

  test('are refused to viewers who may not see dispatches, whether the dispatch exists or not', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const nobody = await app.token({ sub: 'nobody', permissions: [] });
    for (const asked of [id, 'unknown']) {
      const answer = await app.ask(entities, { representations: dispatchReferences([asked]) }, nobody);
      expect(answer.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
      expect(answer.data?.['_entities'] ?? [null]).toEqual([null]);
    }
    const anonymous = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: entities, variables: { representations: dispatchReferences([id]) } }),
    });
    expect(await anonymous.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  const wrong = [
    ['without an id', { __typename: 'Dispatch' }],
    ['whose id is no text', { __typename: 'Dispatch', id: { eq: '1' } }],
    ['whose id is no whole number', { __typename: 'Dispatch', id: 1.5 }],
    ['of a type that is no entity', { __typename: 'Place', id: '1' }],
    ['of a type that is no object', { __typename: '_Any', id: '1' }],
    ['of no type', {}],
  ] as const;

  test.each(wrong)('%s are mistakes of who asks', async (_, representation) => {
    const app = await tApp();
    const { data, errors } = await app.ask(entities, { representations: [representation] });
    expect(data).toEqual({ _entities: [null] });
    expect(errors).toMatchObject([{ path: ['_entities', 0], extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  test('that are wrong end nothing but themselves, however often the query comes', async () => {
    const app = await tApp();
    const id = await createDispatch(app);
    const representations = wrong.flatMap(([, one]) => [one, { __typename: 'Dispatch', id: Number(id) }]);
    const found = { __typename: 'Dispatch', id, estado: 'PENDIENTE', version: 1 };
    // Often enough to be compiled: compiled code must not take an error for an entity.
    for (let times = 0; times < 12; times += 1) {
      await app.ask(entities, { representations: [{ __typename: 'Dispatch', id }] });
      const { data, errors } = await app.ask(entities, { representations });
      expect(data).toEqual({ _entities: wrong.flatMap(() => [null, found]) });
      expect(errors).toMatchObject(wrong.map((__, index) => ({ path: ['_entities', 2 * index] })));
      expect(errors).toHaveLength(wrong.length);
    }
  });

  test('that are null are refused by the schema', async () => {
    const app = await tApp();
    const { errors } = await app.ask(entities, { representations: [null] });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});
