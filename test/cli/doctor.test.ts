/** Proves that `npm run doctor` says what is wrong with a deployment and what to do, and exits with 1. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { agreeOnMetadata } from '../../src/db/metadata.ts';
import { openSqlite } from '../../src/db/sqlite/sqlite.ts';
import { version } from '../../src/observability/version.ts';
import { askDoctor } from '../support/doctor.ts';
import { openTestPostgres } from '../support/open-postgres.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tRedisCluster } from '../support/redis-cluster.ts';
import { tRedis } from '../support/redis.ts';
import { freePort } from '../support/server-process.ts';
import { testWithSmallDisk, tSmallDisk } from '../support/small-disk.ts';

const secret = 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz';

describe('the doctor', () => {
  let postgres: TestPostgres;
  const undos: (() => unknown)[] = [];
  beforeAll(async () => {
    postgres = await tPostgres();
  });
  afterEach(async () => {
    for (const undo of undos.splice(0).reverse()) await undo();
  });
  afterAll(() => postgres.stop());

  const tFolder = () => {
    const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
    undos.push(() => rmSync(folder, { recursive: true }));
    return folder;
  };
  const tDoctor = (env: Record<string, string>, ...args: string[]) => askDoctor(env, args);

  test('finds no problem in a deployment that works', async () => {
    await using redis = await tRedis({ appendonly: true });
    const url = await postgres.createDatabase();
    const database = await openTestPostgres(url);
    await database.close();
    const env = { NODE_ENV: 'production', JWT_SECRET: secret, REDIS_URL: redis.url, DATABASE_URL: url };
    const { code, says } = await tDoctor(env);
    expect(says).toContain('0 problem(s), 0 warning(s).');
    for (const part of [
      'carries messages',
      'does not evict keys',
      'has the schema of this version',
      'is free',
      `allows a start of version ${version}`,
    ])
      expect(says).toContain(part);
    expect(code).toBe(0);
    const quiet = await tDoctor(env, '--quiet');
    expect(quiet.says).toBe('0 problem(s), 0 warning(s).\n');
  });

  test('finds a Node that is no longer supported', async () => {
    const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.18.0' } })`;
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(older)}`;
    const { code, says } = await tDoctor({ JWT_SECRET: secret, DATA_DIR: ':memory:', NODE_OPTIONS });
    expect(says).toMatch(/PROBLEM {2}this machine: Node is .*\n +Use 24 or newer\./);
    expect(code).toBe(1);
  });

  test('says of a new database that it will be migrated, and changes nothing in it', async () => {
    const url = await postgres.createDatabase();
    for (let time = 0; time < 2; time += 1) {
      const { code, says } = await tDoctor({ JWT_SECRET: secret, DATABASE_URL: url });
      expect(says).toContain('will be migrated at the next start: 0001-record');
      expect(code).toBe(0);
    }
  });

  test('finds a Redis that loses its data at a restart, or deletes keys', async () => {
    await using redis = await tRedis();
    await redis.client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const { code, says } = await tDoctor({ JWT_SECRET: secret, REDIS_URL: redis.url });
    expect(says).toMatch(/PROBLEM {2}Redis .*deletes keys .*\(allkeys-lru\)/);
    expect(says).toContain('Set maxmemory-policy noeviction');
    expect(says).toMatch(/warning {2}Redis .*has no append-only file/);
    expect(code).toBe(1);
  });

  describe.each([
    ['a Redis', () => tRedis({ appendonly: true })],
    ['a Redis cluster', tRedisCluster],
  ])('finds that %s is another deployment’s', (_, tServers) => {
    test.each(['PostgreSQL', 'SQLite'] as const)('with %s', async (kind) => {
      await using redis = await tServers();
      const folder = tFolder();
      const url = await postgres.createDatabase();
      const own = kind === 'SQLite' ? { DATA_DIR: folder } : { DATABASE_URL: url };
      const env = { JWT_SECRET: secret, REDIS_URL: redis.url, ...own };
      expect((await tDoctor(env)).says).toContain('Redis is not marked as that of another one');
      const database = await (kind === 'SQLite' ? openSqlite({ folder }) : openTestPostgres(url));
      const id = await agreeOnMetadata(database, 'deployment', 'this one');
      await database.close();
      const mark = async (as: string) => {
        const { client } = 'nodeOf' in redis ? await redis.nodeOf('dispatch:deployment') : redis;
        await client.set('dispatch:deployment', as);
      };
      await mark(id);
      expect((await tDoctor(env)).says).toContain('Redis and the database belong together');
      await mark('another one');
      const { code, says } = await tDoctor(env);
      expect(says).toContain('Redis is marked as that of another one');
      expect(code).toBe(1);
    });
  });

  test('says what PostgreSQL does to sessions by default', async () => {
    const url = await postgres.createDatabase();
    const name = new URL(url).pathname.slice(1);
    await postgres.run(`alter database ${name} set default_transaction_isolation = 'serializable'`);
    await postgres.run(`alter database ${name} set idle_session_timeout = '2s'`);
    const { code, says } = await tDoctor({ JWT_SECRET: secret, DATABASE_URL: url });
    expect(says).toMatch(/ok {7}PostgreSQL .*isolates by "serializable" by default/);
    expect(says).toMatch(/warning {2}PostgreSQL .*cuts sessions that are idle for 2 s/);
    expect(code).toBe(0);
  });

  testWithSmallDisk('finds a disk that is full', async () => {
    using disk = tSmallDisk(1);
    const { code, says } = await tDoctor({ JWT_SECRET: secret, DATA_DIR: disk.folder });
    expect(says).toMatch(/PROBLEM {2}this machine: DATA_DIR .* has room for \d MiB/);
    expect(code).toBe(1);
  });

  test('finds a Redis that does not have the database that is asked for', async () => {
    await using redis = await tRedis({ appendonly: true });
    const { code, says } = await tDoctor({ JWT_SECRET: secret, REDIS_URL: `${redis.url}/99` });
    expect(code).toBe(1);
    expect(says).toContain('has no database 99');
  });

  test('finds that another process has the embedded database, and a folder in which nothing can be made', async () => {
    const folder = tFolder();
    const database = await openSqlite({ folder });
    undos.push(() => database.close());
    const { says } = await tDoctor({ DATA_DIR: folder });
    expect(says).toContain('dispatch.sqlite is in use by another process');
    const { code, says: saysOfProc } = await tDoctor({ DATA_DIR: '/proc/x/y' });
    expect(saysOfProc).toContain('DATA_DIR /proc/x/y cannot be written to (ENOENT)');
    expect(code).toBe(1);
  });

  test('finds a Redis that is a replica', async () => {
    await using redis = await tRedis({ appendonly: true });
    await redis.client.call('REPLICAOF', '127.0.0.1', '1');
    const { code, says } = await tDoctor({ JWT_SECRET: secret, REDIS_URL: redis.url });
    expect(says).toContain('is a replica, which accepts no writes');
    expect(code).toBe(1);
  });

  test('finds what cannot be reached, and examines the rest all the same', async () => {
    const port = await freePort();
    const { code, says } = await tDoctor({
      JWKS_URL: `http://127.0.0.1:${port}/jwks.json`,
      REDIS_URL: `redis://:hush@127.0.0.1:${port}`,
      DATABASE_URL: `postgres://u:hush@127.0.0.1:${port}/db`,
    });
    expect(says.match(/PROBLEM .*ECONNREFUSED/g)).toHaveLength(3);
    expect(says).toContain('Check JWKS_URL');
    expect(says).toContain('this machine: Node is');
    expect(says).not.toContain('hush');
    expect(code).toBe(1);
  });

  test('finds a database that accepts no writes, and one made by a newer version', async () => {
    const url = await postgres.createDatabase();
    const database = await openTestPostgres(url);
    await database.query.insertInto('schema_migrations').values({ name: '9999-later', at: '' }).execute();
    await database.close();
    const readOnly = `${url}?options=-cdefault_transaction_read_only%3Don`;
    const { code, says } = await tDoctor({ JWT_SECRET: secret, DATABASE_URL: readOnly });
    expect(says).toContain('accepts no writes');
    expect(says).toMatch(/warning .*migrated by a newer version: 9999-later/);
    expect(code).toBe(1);
  });

  test('finds the one of several hosts that accepts writes, and says of the others why not', async () => {
    const standby = await postgres.standby();
    undos.push(() => standby.stop());
    const gone = await freePort();
    const ports = [gone, standby.port, postgres.port];
    const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
    const { code, says } = await tDoctor({
      JWT_SECRET: secret,
      DATABASE_URL: `postgres://postgres:hush@${hosts}/postgres`,
    });
    expect(says).toContain(`cannot be reached at 127.0.0.1:${gone}`);
    expect(says).toContain(`accepts no writes at 127.0.0.1:${standby.port}, as a standby`);
    expect(says).toContain(`accepts writes at 127.0.0.1:${postgres.port}`);
    expect(says).not.toContain('hush');
    expect(code).toBe(0);
  });

  test('finds a database that cannot keep every text', async () => {
    const url = await postgres.createDatabase(`encoding 'LATIN1' template template0`);
    const { code, says } = await tDoctor({ JWT_SECRET: secret, DATABASE_URL: url });
    expect(says).toMatch(/PROBLEM {2}PostgreSQL .*has the encoding LATIN1/);
    expect(code).toBe(1);
  });

  test('finds a port that is taken, and a clock that is wrong', async () => {
    const taken = createTcpServer().listen(0, '127.0.0.1');
    undos.push(() => taken.close());
    await once(taken, 'listening');
    const issuer = createServer((_request, response) =>
      response.setHeader('date', new Date(Date.now() - 60_000).toUTCString()).end('{"keys":[]}'),
    ).listen(0, '127.0.0.1');
    undos.push(() => issuer.close());
    await once(issuer, 'listening');
    const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
    const { code, says } = await tDoctor({
      PORT: String(portOf(taken)),
      JWKS_URL: `http://127.0.0.1:${portOf(issuer)}/`,
    });
    expect(says).toContain(`port ${portOf(taken)} is in use`);
    expect(says).toContain('has no keys');
    expect(says).toMatch(/its clock and ours differ by [56]\d\.\d s/);
    expect(code).toBe(1);
  });

  test('says what is shown to whom, and whether as many references fit into a body as an operation may have', async () => {
    const env = { NODE_ENV: 'production', JWT_SECRET: secret, DATA_DIR: '.data' };
    const metricsPort = String(await freePort());
    const closed = await tDoctor({ ...env, METRICS_PORT: metricsPort });
    expect(closed.says).toContain('exposure: the SDL is for viewers');
    expect(closed.says).toContain(`details of readiness are at port ${metricsPort} alone`);
    expect(closed.says).toContain(`port ${metricsPort} is free`);
    expect(closed.says).toContain('0 problem(s), 0 warning(s).');
    const open = await tDoctor({
      ...env,
      ...{ SDL_READERS: 'anybody', MAX_BODY_BYTES: '65536', TRUST_PROXY: '1' },
      CALLBACK_ORIGINS: 'http://router:4000,http://b:4000/callback',
    });
    expect(open.says).toContain('warning  exposure: the SDL is for anybody');
    expect(open.says).toContain('has room for about 1260 references, and an operation may have 5000');
    expect(open.says).toContain('callbacks may go to any path of http://router:4000:');
    expect(open.says).toContain('warning  configuration: TRUST_PROXY is a count');
    expect(open).toMatchObject({ code: 0, says: expect.stringContaining('0 problem(s), 3 warning(s).') });
  });

  test('says everything that is wrong with the configuration, and examines nothing else', async () => {
    const { code, says } = await tDoctor({ NODE_ENV: 'production', JWT_SECRET: 'hush', LOG_LEVEL: 'loud' });
    expect(says).toMatch(/PROBLEM {2}configuration: JWT_SECRET is easily guessed/);
    expect(says).toMatch(/PROBLEM {2}configuration: LOG_LEVEL is "loud"/);
    expect(says).toContain('2 problem(s)');
    expect(says).not.toContain('hush');
    expect(code).toBe(1);
  });

  test('exits with 2 for an option that it does not have', async () => {
    expect(await tDoctor({}, '--loud')).toMatchObject({ code: 2 });
  });
});
