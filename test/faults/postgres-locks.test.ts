/** Proves that one hot row holds up those who change it, and nobody else. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createDispatch } from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

let postgres: TestPostgres;
let url: string;
/** Each has a session of its own: what a transaction sees of others does not change while it lasts. */
let holder: pg.Client;
let observer: pg.Client;
beforeAll(async () => {
  postgres = await tPostgres();
});
beforeEach(async () => {
  url = await postgres.createDatabase();
  [holder, observer] = [new pg.Client({ connectionString: url }), new pg.Client({ connectionString: url })];
  await Promise.all([holder.connect(), observer.connect()]);
});
afterEach(() => Promise.all([holder.end(), observer.end()]));
afterAll(() => postgres.stop());

const cancel = (server: ServerProcess, id: string) =>
  server.client.ask('mutation ($id: ID!) { updateDispatchStatus(id: $id, estado: CANCELADO) { version } }', {
    id,
  });

/** How many statements wait for a lock. */
async function countWaiting(): Promise<number> {
  const { rows } = await observer.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where wait_event_type = 'Lock'`,
  );
  return rows[0]!.count;
}

/** Somebody else holds the dispatch until the function that is returned is called. */
async function hold(id: string): Promise<() => Promise<unknown>> {
  await holder.query('begin');
  await holder.query('select 1 from dispatches where id = $1 for update', [id]);
  return () => holder.query('rollback');
}

describe('a dispatch that somebody holds', () => {
  test('is unavailable to those who would change it, which is transient, and is changed when it is free', async () => {
    const server = await tServerProcess({ DATABASE_URL: url });
    const id = await createDispatch(server.client);
    const free = await hold(id);
    const { errors } = await cancel(server, id);
    expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE', retryAfterMs: 1_000 } }]);
    await free();
    expect(await cancel(server, id)).toMatchObject({ data: { updateDispatchStatus: { version: 2 } } });
    expect(server.lines.filter((line) => line.includes('unforeseen'))).toEqual([]);
  });

  test('leaves room to all who read, however many would change it', async () => {
    const server = await tServerProcess({ DATABASE_URL: url });
    const id = await createDispatch(server.client);
    const free = await hold(id);
    const ended = { changes: 0 };
    const changes = Array.from({ length: 40 }, () =>
      cancel(server, id).then((answer) => {
        ended.changes += 1;
        return answer;
      }),
    );
    await until('as many wait as may', async () => (await countWaiting()) >= 4);
    for (let read = 0; read < 20; read += 1)
      expect((await server.client.ask('{ despachos { id } }')).data).toEqual({ despachos: [{ id }] });
    expect(ended.changes).toBe(0);
    await free();
    const answers = await Promise.all(changes);
    // To cancel what is cancelled changes nothing.
    expect(answers.map(({ data }) => data)).toEqual(
      answers.map(() => ({ updateDispatchStatus: { version: 2 } })),
    );
  });
});
