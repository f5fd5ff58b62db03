/** Proves that reads of the database end when their caller has left: no further query, batch or page is read. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createCursorFormat } from '../../src/realtime/cursors/cursor.ts';
import { tApp, type RunningApp } from '../support/app.ts';
import { tCursorKeys, testCursorSecret } from '../support/cursors.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { byComplete, byCut, eventStream, plainHttp, type Asked, type Leaving } from '../support/leaving.ts';
import { tLogLines } from '../support/log-lines.ts';
import {
  createDispatch,
  dispatchesUpdated,
  followedDispatchUpdated,
  type Update,
} from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tSqlProxy } from '../support/sql-proxy.ts';
import { until } from '../support/until.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await tPostgres();
});
afterAll(() => postgres.stop());

async function tService() {
  const database = await postgres.createDatabase();
  const sql = await tSqlProxy(database);
  const logged = tLogLines();
  const app = await tApp({ DATABASE_URL: sql.url, CURSOR_SECRET: testCursorSecret }, logged);
  return { app, sql, logged, database };
}

/** Waits until another request is answered: by then, earlier ones have been handled. */
async function expectOthersAnswered(app: RunningApp): Promise<void> {
  const { errors } = await app.ask('{ channelHistory(channel: "general") { id } }');
  expect(errors).toBeUndefined();
}

const list = 'from "dispatches"';
const history = 'partition by "despacho_id"';
const query = '{ despachos { id historial { changeType } } }';
/** After as many executions, an operation is compiled. */
const runsBeforeCompiled = 8;

describe.each([byComplete, byCut, eventStream, plainHttp])('a query over $transport', (leaving) => {
  test.each([
    { how: 'interpreted', runsBefore: 0 },
    { how: 'compiled', runsBefore: runsBeforeCompiled },
  ])('reads nothing more when its caller has left: $how', async ({ runsBefore }) => {
    const { app, sql, logged } = await tService();
    await createDispatch(app);
    for (let run = 0; run < runsBefore; run += 1) expect((await app.ask(query)).errors).toBeUndefined();

    for (const leaves of [false, true]) {
      sql.forget();
      const answer = sql.holdAnswer(list);
      const leave = await leaving.ask(app, { query });
      await until('the list is read', () => answer.isHeld);
      if (leaves) {
        leave();
        await expectOthersAnswered(app);
      }
      answer.release();
      if (!leaves) await until('the histories are read', () => sql.count(history) === 1);
      await expectOthersAnswered(app);
      expect({ leaves, lists: sql.count(list), histories: sql.count(history) }).toEqual({
        ...{ leaves, lists: 1 },
        histories: leaves ? 0 : 1,
      });
    }
    expect(logged.lines.filter(({ level }) => level >= 50)).toEqual([]);
  });
});

/** The number of dispatches that were changed since the cursor: eleven pages. */
const changed = 1_100;
const found = '"fecha_actualizacion" >=';
const page = '"dispatches" where "id" in';
/** A cursor of an earlier epoch, after which the stream sends what was changed since. */
const cursor = () =>
  createCursorFormat('dispatches', tCursorKeys()).format({
    ...{ epoch: 'over', offset: 1, at: Date.now() - 3_600_000 },
  });

async function tChanged() {
  const service = await tService();
  await createDispatch(service.app);
  const client = new pg.Client({ connectionString: service.database });
  await client.connect();
  await client.query(`insert into dispatches overriding system value
    select (jsonb_populate_record(null::dispatches, to_jsonb(d) || jsonb_build_object('id', d.id + n))).*
    from dispatches d, generate_series(1, ${changed - 1}) n`);
  await client.end();
  return service;
}

/** Sends the operation, and leaves while the first read is under way. */
async function leaveDuring(
  { app, sql }: Awaited<ReturnType<typeof tService>>,
  { leaving, asked, read }: { leaving: Leaving; asked: Asked; read: string },
): Promise<void> {
  sql.forget();
  const answer = sql.holdAnswer(read);
  const leave = await leaving.ask(app, asked);
  await until('it is read', () => answer.isHeld);
  leave();
  await expectOthersAnswered(app);
  answer.release();
  await expectOthersAnswered(app);
}

test.each([byComplete, byCut, eventStream])(
  'what a viewer follows is listed, and not read, for a caller on $transport who has left',
  async (leaving) => {
    const service = await tService();
    const id = await createDispatch(service.app);
    await service.app.ask(`mutation { subscribeToDispatch(id: "${id}") { id } }`);
    const read = 'from "follows"';
    await leaveDuring(service, { leaving, asked: { query: followedDispatchUpdated }, read });
    expect({ lists: service.sql.count(read), dispatches: service.sql.count(list) }).toEqual({
      ...{ lists: 1, dispatches: 0 },
    });
    expect(service.logged.lines.filter(({ level }) => level >= 50)).toEqual([]);
  },
);

describe('what was changed since a cursor', () => {
  test.each([byComplete, byCut, eventStream])(
    'is not read to its end for a caller on $transport who has left',
    async (leaving) => {
      const service = await tChanged();
      const asked = { query: dispatchesUpdated, variables: { after: cursor() } };
      await leaveDuring(service, { leaving, asked, read: found });
      expect({ found: service.sql.count(found), pages: service.sql.count(page) }).toEqual({
        ...{ found: 1, pages: 0 },
      });
      expect(service.logged.lines.filter(({ level }) => level >= 50)).toEqual([]);
    },
  );

  test('is read anew for who comes while it is read, and to its end for nobody else, when the first one leaves', async () => {
    const { app, sql, logged } = await tChanged();
    const variables = { after: cursor() };
    const answer = sql.holdAnswer(found);
    const leave = await byComplete.ask(app, { query: dispatchesUpdated, variables });
    await until('a page is read', () => answer.isHeld);
    const other = subscribe<Update>(tClient(app.wsUrl, await app.token()), dispatchesUpdated, {
      ...variables,
    });
    await until('both wait', async () => {
      const { data } = await app.ask<{ connectionStats: { processSubscriptions: number } }>(
        '{ connectionStats { processSubscriptions } }',
      );
      return data?.connectionStats.processSubscriptions === 2;
    });
    leave();
    await expectOthersAnswered(app);
    answer.release();
    await other.until((events) => events.length === changed);
    expect({ found: sql.count(found), pages: sql.count(page) }).toEqual({ found: 2, pages: 11 });
    expect(new Set(other.events.map(({ dispatch }) => dispatch.id)).size).toBe(changed);
    expect(logged.lines.filter(({ level }) => level >= 50)).toEqual([]);
  });
});
