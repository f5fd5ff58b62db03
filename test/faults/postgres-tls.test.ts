/** Proves that a PostgreSQL with TLS is trusted by an authority of its own, and by no other. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { parseConfig } from '../../src/config/config.ts';
import { createAuthority } from '../support/authority.ts';
import { createDispatch } from '../support/operations.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';
import { tIdleProcess, tServerProcess } from '../support/server-process.ts';

let authority: ReturnType<typeof createAuthority>;
let other: ReturnType<typeof createAuthority>;
let postgres: TestPostgres;
beforeAll(async () => {
  authority = createAuthority();
  other = createAuthority();
  postgres = await tPostgres(authority.files);
});
afterAll(async () => {
  await postgres.stop();
  await Promise.all([authority, other].map((each) => each[Symbol.asyncDispose]()));
});

/** The address of an empty database: the certificate is that of `localhost`. */
const freshUrl = async (host = 'localhost') => (await postgres.createDatabase()).replace('127.0.0.1', host);

const doctor = resolve(import.meta.dirname, '../../src/cli/doctor.ts');

async function askDoctor(env: Record<string, string>): Promise<string> {
  const asked = promisify(execFile)(process.execPath, [doctor], {
    env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: ':memory:', ...env },
  });
  return (await asked.catch((error: unknown) => error as { stdout: string })).stdout;
}

test.each(['', '?sslmode=verify-full', '?sslmode=require'])(
  'a service that knows the authority serves over encrypted connections alone: %j',
  async (parameters) => {
    const url = await freshUrl();
    const env = { DATABASE_URL: `${url}${parameters}`, DATABASE_CA_FILE: authority.files.ca };
    const server = await tServerProcess(env);
    expect(await createDispatch(server.client)).toBe('1');
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<{ encrypted: boolean }>(
      `select ssl as encrypted from pg_stat_ssl join pg_stat_activity using (pid)
        where application_name = 'dispatch-subgraph' and datname = current_database()`,
    );
    await client.end();
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ encrypted }) => !encrypted)).toEqual([]);
    expect(await askDoctor(env)).toContain('answers, version');
  },
);

test.each([
  [
    'an authority that has not signed for this server',
    'localhost',
    () => other.files.ca,
    /certificate|self.signed/i,
  ],
  [
    'a host that is not in the certificate',
    '127.0.0.1',
    () => authority.files.ca,
    /altnames|does not match/i,
  ],
  ['no authority but those that Node knows', 'localhost', () => undefined, /self.signed|unable to/i],
])('%s is refused at the start, with the setting, and the doctor says so', async (_, host, ca, reason) => {
  const file = ca();
  const env = {
    DATABASE_URL: `${await freshUrl(host)}${file === undefined ? '?sslmode=verify-full' : ''}`,
    ...(file !== undefined && { DATABASE_CA_FILE: file }),
  };
  const server = await tIdleProcess(env);
  const failure = String(await server.start().catch((error: unknown) => error));
  expect(failure).toContain('DATABASE_URL leads to');
  expect(failure).toMatch(reason);
  const said = await askDoctor(env);
  expect(said).toMatch(/PROBLEM {2}PostgreSQL/);
  expect(said).toMatch(reason);
});

test('a file without certificates, or a URL that says otherwise, is refused before anything is connected to', () => {
  const empty = join(authority.folder, 'empty.pem');
  writeFileSync(empty, 'nothing of the kind');
  const broken = join(authority.folder, 'broken.pem');
  writeFileSync(broken, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  const url = 'postgres://localhost/dispatch';
  const problemOf = (parameters: string, file: string) => {
    const env = { DATABASE_URL: `${url}${parameters}`, DATABASE_CA_FILE: file };
    return () => parseConfig(env);
  };
  expect(problemOf('', empty)).toThrow('DATABASE_CA_FILE names a file without a certificate');
  expect(problemOf('', broken)).toThrow('DATABASE_CA_FILE names a file without a certificate');
  expect(problemOf('', authority.folder)).toThrow('DATABASE_CA_FILE names a file that cannot be read');
  expect(problemOf('?sslmode=disable', authority.files.ca)).toThrow('stands beside sslmode=disable');
  expect(problemOf('?sslmode=no-verify', authority.files.ca)).toThrow('stands beside sslmode=no-verify');
  expect(problemOf(`?sslrootcert=${empty}`, authority.files.ca)).toThrow('stands beside sslrootcert');
});
