/** Proves that a backup that is made while the service is written to is whole, and can be gone on with. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { copyFileSync, existsSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { openSqlite } from '../../src/db/sqlite/sqlite.ts';
import { createDispatch } from '../support/operations.ts';
import { tFolder } from '../support/schema-project.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { tTemporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

function tBackups() {
  const folder = tFolder();
  const run = (dataDir: string, ...args: readonly string[]) =>
    folder.run('src/cli/record/backup.ts', args, { DATA_DIR: dataDir, DATABASE_URL: '' });
  return { path: join(folder.root, 'copy.sqlite'), run };
}

interface Listed {
  readonly id: string;
  readonly version: number;
  readonly historial: readonly { readonly changeType: string }[];
}

async function list({ client }: ServerProcess): Promise<readonly Listed[]> {
  const query = '{ despachos(limit: 500) { id version historial(limit: 10) { changeType } } }';
  return (await client.ask<{ despachos: Listed[] }>(query)).data!.despachos;
}

/** Creates dispatches and assigns each, until it is stopped; those of which both were answered. */
function write({ client }: ServerProcess) {
  const written: string[] = [];
  let isOver = false;
  const writer = async () => {
    while (!isOver) {
      const id = await createDispatch(client, { observaciones: randomBytes(900).toString('hex') });
      await client.ask(`mutation { assignDispatch(id: "${id}", ambulanciaId: "A-1") { id } }`);
      written.push(id);
    }
  };
  const writers = [writer(), writer()];
  return {
    written,
    async stop() {
      isOver = true;
      await Promise.all(writers);
    },
  };
}

test('a backup under load has all that was answered before it, nothing by half, and can be restored', async () => {
  const dataDir = tTemporaryFolder();
  const server = await tServerProcess({ DATA_DIR: dataDir });
  const { path, run } = tBackups();
  const load = write(server);
  await until('much is written', () => load.written.length >= 100, 120_000);
  const before = [...load.written];
  const { status, stdout, stderr } = await run(dataDir, path);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/copy\.sqlite has \d+ dispatches and \d+ events, the newest of .+; its schema is /);
  await load.stop();
  await server.kill('SIGKILL');

  const other = tTemporaryFolder();
  expect(await run(other, '--restore', path)).toMatchObject({ status: 0, stderr: '' });
  const restored = await tServerProcess({ DATA_DIR: other });
  const shown = await list(restored);
  expect(before.filter((id) => !shown.some((one) => one.id === id))).toEqual([]);
  const assigned = shown.filter(({ id }) => before.includes(id));
  expect(new Set(assigned.map(({ version }) => version))).toEqual(new Set([2]));
  // Each change is there with its event.
  expect(shown.filter(({ version, historial }) => historial.length !== version)).toEqual([]);
  expect(Number(await createDispatch(restored.client))).toBe(
    Math.max(...shown.map(({ id }) => Number(id))) + 1,
  );
}, 240_000);

test('it is for its owner alone, and in one file', async () => {
  const dataDir = tTemporaryFolder();
  const server = await tServerProcess({ DATA_DIR: dataDir });
  await createDispatch(server.client);
  const { path, run } = tBackups();
  await run(dataDir, path);
  expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
  expect((statSync(join(dataDir, 'backup.sock')).mode & 0o777).toString(8)).toBe('600');
  expect(readdirSync(join(path, '..'))).toEqual(['copy.sqlite']);
  expect((await run(dataDir, path)).stderr).toContain('copy.sqlite is there already.');
}, 240_000);

test('it is made while nothing runs too, and puts itself in the place of what was there', async () => {
  const dataDir = tTemporaryFolder();
  const server = await tServerProcess({ DATA_DIR: dataDir });
  await createDispatch(server.client);
  const { path, run } = tBackups();
  await server.kill('SIGTERM');
  expect((await run(dataDir, path)).stdout).toContain('copy.sqlite has 1 dispatches and 1 events');
  await server.start();
  await createDispatch(server.client);
  // As a crash leaves it, with its log.
  await server.kill('SIGKILL');
  const { status, stdout } = await run(dataDir, '--restore', path);
  expect([status, stdout]).toEqual([0, expect.stringMatching(/The one before is .+\.before-/)]);
  await server.start();
  expect((await list(server)).map(({ id }) => id)).toEqual(['1']);
  const kept = readdirSync(dataDir).find((name) => name.includes('.before-'))!;
  await server.kill('SIGTERM');
  copyFileSync(join(dataDir, kept), `${path}.kept`);
  expect((await run(dataDir, '--restore', `${path}.kept`)).stdout).toContain('2 dispatches');
}, 240_000);

test('nothing is restored while the service runs, or of a file that is no backup, or a damaged one', async () => {
  const dataDir = tTemporaryFolder();
  const server = await tServerProcess({ DATA_DIR: dataDir });
  for (let count = 0; count < 30; count += 1)
    await createDispatch(server.client, { observaciones: 'x'.repeat(1_900) });
  const { path, run } = tBackups();
  await run(dataDir, path);
  const inUse = await run(dataDir, '--restore', path);
  expect([inUse.status, inUse.stderr]).toEqual([1, expect.stringContaining('in use by another process')]);
  await server.kill('SIGTERM');
  writeFileSync(`${path}.text`, 'no database '.repeat(1_000));
  copyFileSync(path, `${path}.cut`);
  truncateSync(`${path}.cut`, Math.floor(statSync(path).size / 2));
  const none = await run(dataDir, '--restore', `${path}.text`);
  expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('is no backup of this service')]);
  expect((await run(dataDir, '--restore', `${path}.cut`)).status).toBe(1);
  expect((await run(dataDir, '--restore', `${path}.nowhere`)).stderr).toContain('is not there.');
  await server.start();
  expect(await list(server)).toHaveLength(30);
}, 240_000);

test('whoever asks for a backup and says nothing does not keep the service from its end', async () => {
  const dataDir = tTemporaryFolder();
  const server = await tServerProcess({ DATA_DIR: dataDir });
  const socket = connect(join(dataDir, 'backup.sock'));
  socket.on('error', () => undefined);
  await until('it is connected', () => socket.readyState === 'open');
  expect(await server.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  socket.destroy();
}, 240_000);

test('where there is no database none is made, and no copy of it', async () => {
  const dataDir = tTemporaryFolder();
  const { path, run } = tBackups();
  const { status, stdout, stderr } = await run(dataDir, path);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toBe(
    `DATA_DIR is ${dataDir}, where there is no database: ${join(dataDir, 'dispatch.sqlite')} is not there.\n`,
  );
  expect([readdirSync(dataDir), existsSync(path)]).toEqual([[], false]);
}, 240_000);

test('where there is no room for it, it says so, and nothing of it is left', async () => {
  const dataDir = tTemporaryFolder();
  await (await openSqlite({ folder: dataDir })).close();
  const { path } = tBackups();
  // As on a full disk, but for this process alone: no file may become larger than so many blocks.
  const bounded = `trap '' XFSZ; ulimit -f 100; exec "$0" "$@"`;
  const program = resolve(import.meta.dirname, '../../src/cli/record/backup.ts');
  const { status, stdout, stderr } = spawnSync('sh', ['-c', bounded, process.execPath, program, path], {
    env: { ...process.env, DATA_DIR: dataDir, DATABASE_URL: '' },
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^\S+copy\.sqlite cannot be written: disk I\/O error\.\n$/);
  expect(readdirSync(dirname(path))).toEqual([]);
}, 240_000);

test('of PostgreSQL it says what to use', async () => {
  const folder = tFolder();
  const { status, stderr } = await folder.run('src/cli/record/backup.ts', ['copy'], {
    DATABASE_URL: 'postgres://127.0.0.1:1/dispatch',
  });
  expect([status, stderr]).toEqual([2, expect.stringContaining('pg_dump --format=custom')]);
}, 240_000);
