/** The promises of both databases: what is committed is kept, by one process or by several. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Database } from '../../src/db/database.ts';
import { openSqlite } from '../../src/db/sqlite/sqlite.ts';
import { CallerLeft } from '../../src/lib/failures/caller-left.ts';
import { toNewRow } from '../../src/modules/dispatch/row.ts';
import { databaseKinds, tDatabases } from '../support/databases.ts';
import { openTestPostgres } from '../support/open-postgres.ts';
import { request, tRepositories } from '../support/repositories.ts';

const databases = tDatabases();
const src = (path: string) => JSON.stringify(resolve(import.meta.dirname, '../../src', path));

/** Rejects when the database does not answer. */
const ask = ({ query }: Database) => sql`select 1`.execute(query);

/** Another process that opens the embedded database, prints the id of every dispatch it has created, and goes on for ever. */
function tWriter(folder: string) {
  const script = `
    import { openSqlite } from ${src('db/sqlite/sqlite.ts')};
    import { tRepositories } from ${src('../test/support/repositories.ts')};
    const { dispatches } = tRepositories(await openSqlite({ folder: ${JSON.stringify(folder)} }));
    const write = async () => {
      for (;;) console.log((await dispatches.create(${JSON.stringify(request)}, 'writer')).id);
    };
    await Promise.all([write(), write(), write(), write()]);`;
  const writer = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(writer, 'exit');
  databases.cleanUp(async () => {
    writer.kill('SIGKILL');
    await exit;
  });
  return { lines: createInterface({ input: writer.stdout }), kill: () => writer.kill('SIGKILL'), exit };
}

test.each(databaseKinds)('on %s, a read sees nothing of a change that is under way', async (kind) => {
  const database = await databases.open(kind);
  const { dispatches } = tRepositories(database);
  const read = () => dispatches.list({ estado: null, prioridad: null }, 10, 0);
  // Both ways of a query: the SQL is made by the first read, and remembered by the second.
  expect(await read()).toEqual([]);
  let reading: ReturnType<typeof read> | undefined;
  const change = database.change(async (given) => {
    await given.query
      .insertInto('dispatches')
      .values(toNewRow(request, '2026-01-01T00:00:00.000Z'))
      .execute();
    reading = read();
    throw new Error('It is not made.');
  });
  await expect(change).rejects.toThrow('It is not made.');
  expect(await reading).toEqual([]);
});

test.each(databaseKinds)('on %s, a read that waits is not begun for whoever has left', async (kind) => {
  const database =
    kind === 'PostgreSQL'
      ? await databases.openPostgres(await databases.emptyPostgres(), { maxConnections: 2 })
      : await databases.open(kind);
  const { dispatches } = tRepositories(database);
  const [leaving, staying] = [new AbortController(), new AbortController()];
  // The change has the one connection that there is.
  const reads = await database.change(() => {
    const read = ({ signal }: AbortController) =>
      dispatches.list({ estado: null, prioridad: null }, 10, 0, signal);
    const waiting = Promise.allSettled([read(leaving), read(staying)]);
    leaving.abort(new CallerLeft());
    return Promise.resolve({ waiting });
  });
  expect(await reads.waiting).toMatchObject([
    { status: 'rejected', reason: { name: 'CallerLeft' } },
    { status: 'fulfilled', value: [] },
  ]);
});

describe('a change of PostgreSQL', () => {
  const raise = (code: string) => sql.raw(`do $$ begin raise exception using errcode = '${code}'; end $$`);

  test.each(['40001', '40P01', '57P05'])(
    'that meets %s is made once more, in a new transaction',
    async (code) => {
      const database = await databases.open('PostgreSQL');
      let runs = 0;
      const id = await database.change(async ({ query }) => {
        runs += 1;
        await query.insertInto('cursor_keys').values({ number: runs, secret: 'x', at: 'x' }).execute();
        if (runs === 1) await raise(code).execute(query);
        return runs;
      });
      expect(id).toBe(2);
      const rows = await database.query.selectFrom('cursor_keys').select('number').execute();
      expect(rows).toEqual([{ number: 2 }]);
    },
  );

  test.each([
    ['40001', 2, { name: 'Unavailable', retryAfterMs: 1_000, cause: { code: '40001' } }],
    ['55P03', 1, { name: 'Unavailable', retryAfterMs: 1_000, cause: { code: '55P03' } }],
    ['23505', 1, { code: '23505' }],
  ])('that meets %s each time is made %d times, and rejects with the cause', async (code, times, error) => {
    const database = await databases.open('PostgreSQL');
    let runs = 0;
    const change = database.change(async ({ query }) => {
      runs += 1;
      await raise(code).execute(query);
    });
    await expect(change).rejects.toMatchObject(error);
    expect(runs).toBe(times);
    await ask(database);
  });
});

describe('the embedded database', () => {
  test('makes its folder, and keeps what was written when it is opened again', async () => {
    const folder = join(databases.folder(), 'some', 'where');
    const first = await openSqlite({ folder });
    const created = await tRepositories(first).dispatches.create(request, 'ana');
    await first.close();
    const again = tRepositories(await databases.openSqlite(folder)).dispatches;
    expect((await again.find(['1'])).get('1')).toEqual(created);
    expect((await again.create(request, 'ana')).id).toBe('2');
  });

  test('syncs every commit to the disk', async () => {
    const database = await databases.open('SQLite in a file');
    const { query } = database;
    const pragma = async (name: string) => (await sql.raw(`pragma ${name}`).execute(query)).rows;
    expect(await pragma('journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    expect(await pragma('synchronous')).toEqual([{ synchronous: 2 }]);
    // Also when marks, which may be lost, have been written without one.
    await tRepositories(database).dispatches.create(request, 'ana');
    const marks = { at: '2026-01-01T00:00:00.000Z', positions: new Map([[1, '[]']]) };
    expect(await database.relay(10, () => Promise.resolve(marks))).toBe(1);
    expect(await pragma('synchronous')).toEqual([{ synchronous: 2 }]);
  });

  test('belongs to one process: another one is told so', async () => {
    const folder = databases.folder();
    await databases.openSqlite(folder);
    await expect(databases.openSqlite(folder)).rejects.toThrow(
      /dispatch\.sqlite is in use by another process/,
    );
  });

  test('that is full refuses changes for as long as it is, and keeps what it has', async () => {
    const database = await databases.open('SQLite in a file');
    const { dispatches } = tRepositories(database);
    await dispatches.create(request, 'ana');
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(database.query);
    const limitPages = (count: number) => sql.raw(`pragma max_page_count = ${count}`).execute(database.query);
    await limitPages(rows[0]!.page_count);
    const observaciones = 'x'.repeat(2_000);
    const asked = await Promise.allSettled(
      Array.from({ length: 20 }, () => dispatches.create({ ...request, observaciones }, 'ana')),
    );
    const refused = asked.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const result of refused)
      expect(result).toMatchObject({
        reason: { name: 'Unavailable', retryAfterMs: 5_000, cause: { code: 'SQLITE_FULL' } },
      });
    // Whoever was told that it was made has it.
    const kept = await dispatches.list({ estado: null, prioridad: null }, 100, 0);
    expect(kept).toHaveLength(1 + asked.length - refused.length);
    await limitPages(rows[0]!.page_count + 1_000);
    expect((await dispatches.create({ ...request, observaciones }, 'ana')).version).toBe(1);
  });

  test('is free again when its process was killed, and has all that was acknowledged', async () => {
    const folder = databases.folder();
    let last = 0;
    for (let round = 0; round < 3; round++) {
      const writer = tWriter(folder);
      let acknowledged = 0;
      for await (const id of writer.lines) {
        last = Math.max(last, Number(id));
        acknowledged += 1;
        if (acknowledged === 10) {
          await expect(databases.openSqlite(folder)).rejects.toThrow(/in use/);
          writer.kill();
        }
      }
      await writer.exit;
      expect(acknowledged).toBeGreaterThanOrEqual(10);
    }
    const database = await databases.openSqlite(folder);
    const { dispatches, audit } = tRepositories(database);
    const ids = Array.from({ length: last }, (_, index) => String(index + 1));
    const found = await dispatches.find(ids);
    expect(found.size).toBe(last);
    // Each with its event, and no event without its dispatch.
    const events = await audit.list({}, 100_000);
    expect(events.length).toBeGreaterThanOrEqual(last);
    expect(new Set(events.map(({ despachoId }) => despachoId))).toEqual(
      new Set((await dispatches.list({ estado: null, prioridad: null }, 100_000, 0)).map(({ id }) => id)),
    );
  });

  test('gives changes of the same turn one commit, and their callers their own results', async () => {
    const database = await databases.open('SQLite in a file');
    const { dispatches } = tRepositories(database);
    let commits = 0;
    database.onEvents(() => commits++);
    const created = await Promise.all(Array.from({ length: 50 }, () => dispatches.create(request, 'ana')));
    expect(new Set(created.map(({ id }) => id)).size).toBe(50);
    expect(commits).toBe(1);
  });

  test('finishes what was asked for before it closes', async () => {
    const folder = databases.folder();
    const database = await openSqlite({ folder });
    const creations = Array.from({ length: 250 }, () =>
      tRepositories(database).dispatches.create(request, 'ana'),
    );
    await database.close();
    await Promise.all(creations);
    const again = tRepositories(await databases.openSqlite(folder)).dispatches;
    expect(await again.list({ estado: null, prioridad: null }, 500, 0)).toHaveLength(250);
  });
});

describe('PostgreSQL', () => {
  test('is set up once by processes that start at the same time', async () => {
    const url = await databases.emptyPostgres();
    const processes = await Promise.all(Array.from({ length: 4 }, () => databases.openPostgres(url)));
    const created = await Promise.all(
      processes.map((database) => tRepositories(database).dispatches.create(request, 'ana')),
    );
    expect(new Set(created.map(({ id }) => id))).toEqual(new Set(['1', '2', '3', '4']));
    const steps = await processes[0]!.query.selectFrom('schema_migrations').select('name').execute();
    const names = steps.map(({ name }) => name);
    expect(names).toContain('0001-record');
    expect(new Set(names).size).toBe(names.length);
    // A process that starts later finds nothing to do.
    const late = await databases.openPostgres(url);
    expect(await tRepositories(late).dispatches.list({ estado: null, prioridad: null }, 10, 0)).toHaveLength(
      4,
    );
  });

  test('is left as it was when a step fails', async () => {
    const url = await databases.emptyPostgres();
    const other = await databases.openPostgres(url);
    await sql`drop table schema_migrations`.execute(other.query);
    await expect(databases.openPostgres(url)).rejects.toThrow(/already exists/);
    const tables =
      await sql`select 1 from pg_tables where schemaname = current_schema() and tablename = 'schema_migrations'`.execute(
        other.query,
      );
    expect(tables.rows).toEqual([]);
  });

  test('that cannot be reached is an error, soon', async () => {
    const unreachable = openTestPostgres('postgres://postgres@127.0.0.1:1/none', { connectTimeoutMs: 1_000 });
    await expect(unreachable).rejects.toMatchObject({ name: 'Unavailable', cause: { code: 'ECONNREFUSED' } });
  });

  test('whose connections are all in use for long is unavailable for a while, which is no bug', async () => {
    const url = await databases.emptyPostgres();
    const database = await databases.openPostgres(url, { maxConnections: 1, connectTimeoutMs: 1_000 });
    const changing = Promise.withResolvers<void>();
    const change = database.change(() => changing.promise);
    await expect(ask(database)).rejects.toMatchObject({ name: 'Unavailable' });
    changing.resolve();
    await change;
    await ask(database);
  });

  test('may break connections: what is running fails, what comes after does not', async () => {
    const url = await databases.emptyPostgres();
    const database = await databases.openPostgres(url, { maxConnections: 2 });
    const { dispatches } = tRepositories(database);
    const killer = await databases.openPostgres(url);
    const killOthers = () =>
      sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`.execute(killer.query);
    const broken = database.change(async (change) => {
      await change.lockDispatch(1);
      await killOthers();
      await change.lockDispatch(1);
    });
    await expect(broken).rejects.toThrow();
    await killOthers();
    await ask(database);
    expect((await dispatches.create(request, 'ana')).id).toBe('1');
  });
});

describe.each(databaseKinds)('any database (%s)', (kind) => {
  test('announces commits with events, and no others', async () => {
    const database = await databases.open(kind);
    const { dispatches, users } = tRepositories(database);
    let commits = 0;
    const stop = database.onEvents(() => commits++);
    await dispatches.create(request, 'ana');
    expect(commits).toBe(1);
    await users.seen({ id: 'ana', name: 'Ana', role: 'admin' });
    await dispatches.find(['1']);
    await expect(
      dispatches.updateStatus('1', 'COMPLETADO', {
        actorId: 'ana',
        expectedVersion: null,
        onlyAmbulanciaId: null,
      }),
    ).rejects.toThrow();
    expect(commits).toBe(1);
    stop();
    await dispatches.create(request, 'ana');
    expect(commits).toBe(1);
  });

  test('answers a ping', async () => {
    await ask(await databases.open(kind));
  });
});
