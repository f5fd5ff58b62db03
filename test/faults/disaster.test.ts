/**
 * The disaster drill: database and Redis are gone, with all processes, and the service comes back from a back-up that was made while it
 * was written to. Prints what was lost and how long it took.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { subscribe, tClient } from '../support/graphql-client.ts';
import { send } from '../support/mutations.ts';
import { createDispatch, dispatchesUpdated, type Update } from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tRedis } from '../support/redis.ts';
import { tServerProcess, type ServerProcess } from '../support/server-process.ts';
import { tTemporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

let second: TestPostgres;
beforeAll(async () => {
  second = await tPostgres();
});
afterAll(() => second.stop());

/** A client program of PostgreSQL: on the PATH, or where Debian has it. */
function clientProgram(name: string): string {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  const folder = folders.find((one) => existsSync(join(one, name)));
  if (folder === undefined) throw new Error(`${name} is not installed.`);
  return join(folder, name);
}

const run = (name: string, ...args: readonly string[]) => promisify(execFile)(clientProgram(name), [...args]);

const query =
  'mutation ($latitud: Float!) { createDispatch(input: { origen: { latitud: $latitud, longitud: 2 } }) { id } }';

interface Written {
  readonly key: string;
  readonly latitud: number;
}

/** What a caller keeps who must not lose anything: each change with its key, until it knows that it is safe. */
class Caller {
  readonly written: Written[] = [];
  #isOver = false;
  #writing: Promise<void> | undefined;

  begin(server: ServerProcess): void {
    this.#writing = this.#write(server);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#writing;
  }

  async #write(server: ServerProcess): Promise<void> {
    while (!this.#isOver) {
      const written = { key: randomUUID(), latitud: (this.written.length + 1) / 100 };
      await this.send(server, written);
      this.written.push(written);
    }
  }

  async send({ url, client }: ServerProcess, { key, latitud }: Written): Promise<void> {
    const { errors } = await send(url, await client.token(), { query, variables: { latitud }, key });
    if (errors) throw new Error(JSON.stringify(errors));
  }
}

interface Listed {
  readonly version: number;
  readonly origen: { readonly latitud: number };
  readonly historial: readonly unknown[];
}

const list = async ({ client }: ServerProcess) =>
  (
    await client.ask<{ despachos: readonly Listed[] }>(
      '{ despachos(limit: 500) { version origen { latitud } historial(limit: 10) { changeType } } }',
    )
  ).data!.despachos;

test('the service comes back from a back-up whole, and callers who send again what came after it lose nothing', async () => {
  const first = await tPostgres();
  await using redis = await tRedis();
  const env = { REDIS_URL: redis.url, DATABASE_URL: await first.createDatabase() };
  const servers = await Promise.all([tServerProcess(env), tServerProcess(env)]);
  const board = subscribe<Update>(
    tClient(servers[1].wsUrl, await servers[1].client.token()),
    dispatchesUpdated,
  );
  const caller = new Caller();
  caller.begin(servers[0]);
  await until('much is written', () => caller.written.length >= 50 && board.events.length >= 50, 120_000);

  const safe = [...caller.written];
  const dump = join(tTemporaryFolder(), 'dispatch.dump');
  const began = performance.now();
  await run('pg_dump', '--format=custom', `--file=${dump}`, env.DATABASE_URL);
  const dumpMs = performance.now() - began;
  await until('more is written', () => caller.written.length >= safe.length + 20, 120_000);
  await caller.stop();
  const { cursor } = board.events.at(-1)!;

  // All of it at once, and nothing of it comes back.
  await Promise.all(servers.map((server) => server.kill('SIGKILL')));
  await first.stop();
  await redis.restart();

  const disasterAt = performance.now();
  const url = await second.createDatabase();
  await run('pg_restore', '--no-owner', '--single-transaction', `--dbname=${url}`, dump);
  const restored = await tServerProcess({ ...env, DATABASE_URL: url });
  const downMs = performance.now() - disasterAt;

  const there = await list(restored);
  const places = there.map(({ origen }) => origen.latitud);
  expect(safe.filter(({ latitud }) => !places.includes(latitud))).toEqual([]);
  expect(there.filter(({ version, historial }) => historial.length !== version)).toEqual([]);
  const lost = caller.written.filter(({ latitud }) => !places.includes(latitud));

  // Whoever watched goes on: it begins anew, and is told so by snapshots, not by an error and not by silence.
  const client = tClient(restored.wsUrl, await restored.client.token());
  const again = subscribe<Update>(client, dispatchesUpdated, { after: cursor });
  const mark = await createDispatch(restored.client);
  await again.until((events) => events.some(({ dispatch }) => dispatch.id === mark));
  expect(again.failures).toEqual([]);

  // Of what was written before the back-up nothing is made again; of what came after it everything, once.
  for (const written of [...safe.slice(-5), ...lost, ...lost]) await caller.send(restored, written);
  const complete = (await list(restored)).map(({ origen }) => origen.latitud);
  expect(
    caller.written.filter(({ latitud }) => complete.filter((one) => one === latitud).length !== 1),
  ).toEqual([]);

  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  console.info(
    `Disaster drill: ${caller.written.length} changes, of which ${safe.length} were answered before the back-up began; ` +
      `it took ${seconds(dumpMs)}. ${lost.length} came after it, and were made by their callers anew. ` +
      `Back after ${seconds(downMs)}, with the restoring.`,
  );
}, 400_000);
