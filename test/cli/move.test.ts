/** Proves that the record moves from the embedded database to PostgreSQL whole, or not at all. */
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { movedTables } from '../../src/db/move/move-rows.ts';
import { openSqlite } from '../../src/db/sqlite/sqlite.ts';
import { send } from '../support/mutations.ts';
import { assign, createDispatch } from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tFolder } from '../support/schema-project.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { tTemporaryFolder } from '../support/temporary-folder.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await tPostgres();
});
afterAll(() => postgres.stop());

const all = `{
  despachos { id estado version observaciones fechaActualizacion ubicacionActual { latitud } historial { changeType actorId timestamp } }
  channelHistory(channel: "general") { id message senderId }
  events(limit: 50) { type actorId timestamp }
}`;

async function fill({ url, client }: ServerProcess): Promise<void> {
  const token = await client.token();
  const key = '1b671a64-40d5-491e-99b0-da01ff1f3341';
  const query =
    'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 2 }, observaciones: "ñ \\u2028" }) { id } }';
  await send(url, token, { query, key });
  const id = await createDispatch(client);
  await assign(client, id);
  const system = await client.token({ sub: 'crew', role: 'system' });
  await client.ask(
    `mutation { reportLocation(despachoId: "${id}", input: { latitud: 3, longitud: 4 }) { latitud } }`,
    {},
    system,
  );
  await client.ask(`mutation { subscribeToDispatch(id: "${id}") { id } }`);
  await client.ask('mutation { broadcastMessage(channel: "general", message: "hello") { id } }');
  expect((await send(url, token, { query, key })).data).toEqual({ createDispatch: { id: '1' } });
}

test('what was there is there, and goes on: ids, idempotency keys, cursors, who follows what', async () => {
  const dataDir = tTemporaryFolder();
  const embedded = await tServerProcess({ DATA_DIR: dataDir });
  await fill(embedded);
  const before = await embedded.client.ask(all);
  expect(before.errors).toBeUndefined();
  const { data } = await embedded.client.ask<{ dispatchesCursor: string }>('{ dispatchesCursor }');
  const url = await postgres.createSchema();
  const move = () => tFolder().run('src/cli/record/move.ts', [], { DATA_DIR: dataDir, DATABASE_URL: url });
  const early = await move();
  expect([early.status, early.stderr]).toEqual([1, expect.stringContaining('in use by another process')]);
  await embedded.kill('SIGTERM');
  const { status, stdout, stderr } = await move();
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('dispatches: 2\n');

  const moved = await tServerProcess({ DATABASE_URL: url });
  expect((await moved.client.ask(all)).data).toEqual(before.data);
  expect(await createDispatch(moved.client)).toBe('3');
  const key = '1b671a64-40d5-491e-99b0-da01ff1f3341';
  const query =
    'mutation { createDispatch(input: { origen: { latitud: 1, longitud: 2 }, observaciones: "ñ \\u2028" }) { id } }';
  const again = await send(moved.url, await moved.client.token(), { query, key });
  expect(again.data).toEqual({ createDispatch: { id: '1' } });
  const follower = await moved.client.ask<{ unsubscribeFromDispatch: { id: string } }>(
    'mutation { unsubscribeFromDispatch(id: "2") { id } }',
  );
  expect(follower.data).toEqual({ unsubscribeFromDispatch: { id: '2' } });
  const cursor = data!.dispatchesCursor;
  const response = await fetch(`${moved.url}/graphql`, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${await moved.client.token()}`,
    },
    body: JSON.stringify({
      query: 'subscription ($after: Cursor) { dispatchesUpdated(after: $after) { dispatch { id } } }',
      variables: { after: cursor },
    }),
  });
  const shown = await response.body!.pipeThrough(new TextDecoderStream()).getReader().read();
  expect([response.status, shown.value]).toEqual([200, expect.not.stringContaining('errors')]);

  const second = await move();
  expect([second.status, second.stderr]).toEqual([1, expect.stringContaining('it must be empty')]);
}, 240_000);

test('every table is moved', async () => {
  const dataDir = tTemporaryFolder();
  const embedded = await tServerProcess({ DATA_DIR: dataDir });
  await embedded.kill('SIGTERM');
  const file = new Sqlite(join(dataDir, 'dispatch.sqlite'), { readonly: true });
  const names = file
    .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    .pluck()
    .all() as readonly string[];
  file.close();
  expect([...movedTables, 'schema_migrations'].toSorted()).toEqual(names.toSorted());
}, 240_000);

test('it wants a PostgreSQL, and something to move', async () => {
  const run = (env: Record<string, string>) => tFolder().run('src/cli/record/move.ts', [], env);
  const none = await run({ DATABASE_URL: '', DATA_DIR: 'data' });
  expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('DATABASE_URL is not set')]);
  const nothing = await run({ DATABASE_URL: 'postgres://127.0.0.1:1/x', DATA_DIR: ':memory:' });
  expect([nothing.status, nothing.stderr]).toEqual([2, expect.stringContaining('nothing is kept')]);
  const empty = await run({ DATABASE_URL: 'postgres://127.0.0.1:1/x', DATA_DIR: 'data' });
  expect([empty.status, empty.stderr]).toEqual([1, expect.stringContaining('where there is no database')]);
  const folder = tTemporaryFolder();
  await (await openSqlite({ folder })).close();
  const away = await run({ DATABASE_URL: 'postgres://127.0.0.1:1/x', DATA_DIR: folder });
  expect([away.status, away.stderr]).toEqual([
    1,
    'postgres://127.0.0.1:1/x cannot be used at the moment: connect ECONNREFUSED 127.0.0.1:1\n',
  ]);
}, 240_000);
