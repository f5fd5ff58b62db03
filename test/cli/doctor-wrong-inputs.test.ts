/** Proves that the doctor has a sentence for whatever is wrong, finds what is named, and never ends with a stack trace. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { agreeOnCursorSecrets } from '../../src/db/cursor-keys.ts';
import { openSqlite } from '../../src/db/sqlite/sqlite.ts';
import { askDoctor } from '../support/doctor.ts';
import { wrongClock } from '../support/faketime.ts';
import { openTestPostgres } from '../support/open-postgres.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { freePort } from '../support/server-process.ts';

const secret = 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz';
const dayMs = 24 * 60 * 60_000;

let postgres: TestPostgres;
let redis: TestRedis;
let folder: string;
/** Of a server that answers every request with a page. */
let page: string;
const web = createServer((_request, response) => response.end('<html>'));
beforeAll(async () => {
  [postgres, redis] = await Promise.all([tPostgres(), tRedis({ appendonly: true })]);
  folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  writeFileSync(join(folder, 'file'), 'a file');
  mkdirSync(join(folder, 'garbage'));
  writeFileSync(join(folder, 'garbage/dispatch.sqlite'), 'This is no database. '.repeat(100));
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  page = `127.0.0.1:${(web.address() as AddressInfo).port}`;
  await redis.client.call('ACL', 'SETUSER', 'nobody', 'on', '>password', '-@all');
});
afterAll(async () => {
  web.close();
  rmSync(folder, { recursive: true });
  await Promise.all([postgres.stop(), redis.stop()]);
});

/** The URL of the Redis for a user whose password is `password`. */
const as = (user: string) => redis.url.replace('://', `://${user}:password@`);

async function migrated(): Promise<string> {
  const url = await postgres.createDatabase();
  await (await openTestPostgres(url)).close();
  return url;
}

type Wrong = readonly [string, () => Record<string, string> | Promise<Record<string, string>>, RegExp];

const wrongs: readonly Wrong[] = [
  [
    'a database of Redis that is no number',
    () => ({ REDIS_URL: `${redis.url}/abc` }),
    /database that is no number/,
  ],
  ['a database that Redis does not have', () => ({ REDIS_URL: `${redis.url}/99` }), /has no database 99/],
  ['a wrong password of Redis', () => ({ REDIS_URL: as('somebody') }), /PROBLEM {2}Redis .*WRONGPASS/],
  ['a user who may nothing in Redis', () => ({ REDIS_URL: as('nobody') }), /does not let this user .*\+xadd/],
  ['a Redis that is a web server', () => ({ REDIS_URL: `redis://${page}` }), /PROBLEM {2}Redis/],
  [
    'a Redis with TLS that has none',
    () => ({ REDIS_URL: redis.url.replace('redis:', 'rediss:') }),
    /PROBLEM {2}Redis/,
  ],
  [
    'a Redis that is PostgreSQL',
    () => ({ REDIS_URL: `redis://127.0.0.1:${postgres.port}` }),
    /PROBLEM {2}Redis/,
  ],
  [
    'Sentinels that are none',
    () => ({ REDIS_URL: `redis+sentinel://127.0.0.1:${redis.port}/name` }),
    /PROBLEM {2}Redis/,
  ],
  [
    'nodes of a cluster that are none',
    async () => ({ REDIS_URL: `${redis.url},redis://127.0.0.1:${await freePort()}` }),
    /PROBLEM {2}Redis .*ECONNREFUSED/,
  ],
  [
    'a database that does not exist',
    () => ({ DATABASE_URL: `${postgres.url}-none` }),
    /PROBLEM {2}PostgreSQL .*does not exist/,
  ],
  [
    'a user that does not exist',
    () => ({ DATABASE_URL: postgres.url.replace('postgres@', 'nobody@') }),
    /role "nobody" does not exist/,
  ],
  [
    'a PostgreSQL that is a web server',
    () => ({ DATABASE_URL: `postgres://u@${page}/db` }),
    /PROBLEM {2}PostgreSQL/,
  ],
  [
    'a PostgreSQL that is Redis',
    () => ({ DATABASE_URL: `postgres://u@127.0.0.1:${redis.port}/db` }),
    /PROBLEM {2}PostgreSQL/,
  ],
  [
    'a PostgreSQL without TLS',
    () => ({ DATABASE_URL: `${postgres.url}?sslmode=require` }),
    /does not support SSL/,
  ],
  [
    'a file with certificates that is none',
    () => ({ DATABASE_CA_FILE: join(folder, 'file') }),
    /DATABASE_CA_FILE names a file without a certificate/,
  ],
  [
    'a host that there is not',
    () => ({ DATABASE_URL: 'postgres://u@none.invalid/db', REDIS_URL: 'redis://none.invalid' }),
    /PROBLEM {2}Redis .*ENOTFOUND|EAI_AGAIN/,
  ],
  [
    'a folder that is a file',
    () => ({ DATA_DIR: join(folder, 'file') }),
    /DATA_DIR .*file cannot be written to/,
  ],
  [
    'an embedded database that is none',
    () => ({ DATA_DIR: join(folder, 'garbage') }),
    /cannot be opened: file is not a database/,
  ],
  ['a key set that is a page', () => ({ JWKS_URL: `http://${page}` }), /PROBLEM {2}key set/],
  [
    'a host that is not of this machine',
    () => ({ HOST: '192.0.2.1' }),
    /Set HOST to an address of this machine/,
  ],
  ['a port that is a word', () => ({ PORT: 'http' }), /PORT is "http"/],
];

test.each(wrongs)('%s is told in a sentence', async (_, env, finding) => {
  const { code, says } = await askDoctor(await env());
  expect(says).toMatch(finding);
  expect(says).not.toMatch(/^\s+at .*:\d+/m);
  expect(says).toMatch(/^\d+ problem\(s\), \d+ warning\(s\)\.$/m);
  expect(code).toBe(1);
});

test('so is a .env that is a folder, and a file of operations that is none', async () => {
  const noFile = await askDoctor({}, [], (where) => mkdirSync(join(where, '.env')));
  const noOperations = await askDoctor({}, ['--explain', folder]);
  for (const { code, says } of [noFile, noOperations]) {
    expect(says).toContain('PROBLEM');
    expect(says).not.toMatch(/^\s+at .*:\d+/m);
    expect(code).toBe(1);
  }
});

describe('the doctor finds', () => {
  test('which rights a user lacks in Redis, keys and channels too, and leaves nothing behind', async () => {
    const all = ['~dispatch:*', '&dispatch:*', '&despacho:events', '+@all'];
    const rightsOf = (...rights: string[]) =>
      redis.client.call('ACL', 'SETUSER', 'limited', 'reset', 'on', '>password', ...rights);
    const ask = () => askDoctor({ JWT_SECRET: secret, REDIS_URL: as('limited') });
    await rightsOf(...all);
    expect(await ask()).toMatchObject({ code: 0, says: expect.stringContaining('lets this user do all') });
    await rightsOf(...all, '-xadd', '-pubsub|numsub');
    expect((await ask()).says).toMatch(/all that is needed: \+pubsub\|numsub \+xadd\n +Give it the rights/);
    await rightsOf(...all.slice(0, 2), '+@all');
    expect((await ask()).says).toMatch(/all that is needed: &despacho:events\n/);
    await rightsOf('~other:*', '&other:*', '+@all');
    expect((await ask()).says).toMatch(/all that is needed: .*\+set .*\+xadd .*\+publish/);
    await rightsOf(...all, '-info', '-ping', '-subscribe');
    expect(await ask()).toMatchObject({ code: 1, says: expect.stringContaining('+info +ping +subscribe') });
    expect(await redis.client.keys('*doctor*')).toEqual([]);
  });

  test('that its clock is another one than those of Redis and PostgreSQL', async () => {
    const env = { JWT_SECRET: secret, REDIS_URL: redis.url, DATABASE_URL: postgres.url };
    const { code, says } = await askDoctor({ ...env, ...wrongClock(60) });
    expect(says).toMatch(/PROBLEM {2}Redis .*its clock and ours differ by [56]\d\.\d s/);
    expect(says).toMatch(/PROBLEM {2}PostgreSQL .*its clock and ours differ by [56]\d\.\d s/);
    expect(code).toBe(1);
  });

  test('what cursors are signed with', async () => {
    const says = async (env: Record<string, string>) =>
      (await askDoctor({ JWT_SECRET: secret, ...env })).says;
    const url = await migrated();
    expect(await says({ DATABASE_URL: url })).toContain(
      'will be signed with a secret that the first process makes',
    );
    const database = await openTestPostgres(url);
    const keys = agreeOnCursorSecrets(database, { now: Date.now() - 3 * dayMs, cursorAgeMs: dayMs });
    await keys.finally(() => database.close());
    expect(await says({ DATABASE_URL: url })).toContain('with a secret in the database, made 3 days ago');
    expect(await says({ DATABASE_URL: url, ...wrongClock(-30 * 24 * 3_600) })).toMatch(
      /dated 2\d days ahead/,
    );
    const env = { DATABASE_URL: url, CURSOR_SECRET: secret, CURSOR_SECRET_PREVIOUS: secret };
    expect(await says(env)).toContain('with CURSOR_SECRET, and those of CURSOR_SECRET_PREVIOUS');
    expect(await says({ REDIS_URL: redis.url })).toMatch(/warning {2}cursors: .*everybody knows/);
    const dataDir = mkdtempSync(join(folder, 'data-'));
    const file = await openSqlite({ folder: dataDir });
    await agreeOnCursorSecrets(file, { now: Date.now(), cursorAgeMs: dayMs });
    await file.close();
    expect(await says({ DATA_DIR: dataDir })).toContain('with a secret in the database, made 0 days ago');
  });

  test('a database that is set to read only, and tables of another user', async () => {
    const url = await migrated();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query('create role guest login');
      await client.query('grant select on all tables in schema public to guest');
      await client.query('grant insert, update, delete on dispatches to guest');
      const guest = await askDoctor({ JWT_SECRET: secret, DATABASE_URL: url.replace('postgres@', 'guest@') });
      expect(guest.says).toMatch(/does not let this user read and write cursor_keys, events, /);
      expect(guest.says).not.toMatch(/read and write .*dispatches/);
      await client.query(
        `alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = on`,
      );
      const readOnly = await askDoctor({ JWT_SECRET: secret, DATABASE_URL: url });
      expect(readOnly).toMatchObject({ code: 1, says: expect.stringContaining('accepts no writes') });
    } finally {
      await client.end();
    }
  });

  test('a secret that is weak, also where it would be taken', async () => {
    const weak = 'change-me-change-me-change-me-change-me';
    expect((await askDoctor({ JWT_SECRET: weak })).says).toMatch(/warning .*JWT_SECRET is easily guessed/);
    const { code, says } = await askDoctor({ NODE_ENV: 'production', JWT_SECRET: weak });
    expect([code, says]).toEqual([1, expect.stringMatching(/PROBLEM .*JWT_SECRET is easily guessed/)]);
  });
});
