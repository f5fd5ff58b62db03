/** Proves that the service runs behind pgbouncer in transaction mode, with time-outs that hold. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createDispatch, dispatchUpdated, runThrough, type Update } from '../support/operations.ts';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { tPgBouncer, type PgBouncer } from '../support/pgbouncer.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tRedis } from '../support/redis.ts';
import { tServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

let postgres: TestPostgres;
let bouncer: PgBouncer;
beforeAll(async () => {
  postgres = await tPostgres();
  bouncer = await tPgBouncer(postgres, { poolSize: 8 });
});
afterAll(async () => {
  await bouncer[Symbol.asyncDispose]();
  await postgres.stop();
});

/** A client of PostgreSQL itself. */
async function direct(url: string): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

const doctor = resolve(import.meta.dirname, '../../src/cli/doctor.ts');

test('the doctor says what stands between, and that it will do', async () => {
  const env = {
    PATH: process.env['PATH'],
    PORT: '0',
    DATABASE_URL: bouncer.url(await postgres.createDatabase()),
  };
  const { stdout } = await promisify(execFile)(process.execPath, [doctor], { env });
  expect(stdout).toContain('is behind a pooler: time-outs are set in each transaction');
  expect(stdout).toContain('0 problem(s)');
});

describe('behind pgbouncer in transaction mode', () => {
  test('two processes share a record, and show each other what they change', async () => {
    await using redis = await tRedis();
    const url = await postgres.createDatabase();
    const env = { DATABASE_URL: bouncer.url(url), REDIS_URL: redis.url };
    const [a, b] = [await tServerProcess(env), await tServerProcess(env)];
    const id = await createDispatch(a.client);
    const shown = subscribe<Update>(tClient(b.wsUrl, await b.client.token()), dispatchUpdated, { id });
    await shown.until((events) => events.length === 1);
    await runThrough(a.client, id);
    await shown.until((events) => events.at(-1)?.dispatch.version === 6);
    expect(shown.events.map(({ dispatch }) => dispatch.version)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('a wait for a lock ends in time, within a change and without', async () => {
    const url = await postgres.createDatabase();
    const server = await tServerProcess({ DATABASE_URL: bouncer.url(url) });
    const id = await createDispatch(server.client);
    await using holder = await direct(url);
    await holder.query('begin');
    await holder.query('lock table dispatches');
    const asked = [
      server.client.ask('{ despachos { id } }'),
      server.client.ask(
        'mutation ($id: ID!) { updateDispatchStatus(id: $id, estado: CANCELADO) { version } }',
        {
          id,
        },
      ),
    ];
    for (const { errors } of await Promise.all(asked))
      expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE', retryAfterMs: 1_000 } }]);
    await holder.query('rollback');
  });

  test('no setting is left to others who share the connections', async () => {
    const url = await postgres.createDatabase();
    const server = await tServerProcess({ DATABASE_URL: bouncer.url(url) });
    await createDispatch(server.client);
    await using other = await direct(bouncer.url(url));
    for (let time = 0; time < 20; time += 1) {
      const { rows } = await other.query('show lock_timeout');
      expect(rows).toEqual([{ lock_timeout: '0' }]);
    }
  });

  test('a process that stands still within a change holds its locks for a few seconds only', async () => {
    const url = await postgres.createDatabase();
    const [a, b] = [
      await tServerProcess({ DATABASE_URL: bouncer.url(url) }),
      await tServerProcess({ DATABASE_URL: bouncer.url(url) }),
    ];
    const id = await createDispatch(a.client);
    await using holder = await direct(url);
    await using observer = await direct(url);
    await holder.query('begin');
    await holder.query('lock table events in access exclusive mode');
    const cancelling = a.client
      .ask('mutation ($id: ID!) { updateDispatchStatus(id: $id, estado: CANCELADO) { version } }', { id })
      .catch((error: unknown) => error);
    await until('it holds the dispatch, and waits to write its event', async () => {
      const { rows } = await observer.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'insert into "events"%'`,
      );
      return rows.length > 0;
    });
    a.signal('SIGSTOP');
    await holder.query('rollback');
    const version = await until('the other process can change it', async () => {
      const { data } = await b.client.ask<{ assignDispatch: { version: number } }>(
        'mutation ($id: ID!) { assignDispatch(id: $id, ambulanciaId: "A-1") { version } }',
        { id },
      );
      return data?.assignDispatch?.version;
    });
    expect(version).toBe(2);
    a.signal('SIGCONT');
    await cancelling;
  });
});
