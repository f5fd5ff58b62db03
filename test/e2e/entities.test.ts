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
    expect(anonymous.status).toBe(401);
  });

  test.each([
    ['without an id', { __typename: 'Dispatch' }],
    ['whose id is no text', { __typename: 'Dispatch', id: { eq: '1' } }],
    ['of a type that is no entity', { __typename: 'Place', id: '1' }],
    ['of no type', {}],
    ['that are none', null],
  ])('%s are mistakes of who asks', async (_, representation) => {
    const app = await tApp();
    const { errors } = await app.ask(entities, { representations: [representation] });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});
