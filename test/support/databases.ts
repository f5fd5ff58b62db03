/** The databases that tests run on: every kind, real, and empty for each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { Database } from '../../src/db/database.ts';
import { openSqlite } from '../../src/db/sqlite/sqlite.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { openTestPostgres } from './open-postgres.ts';
import { tPostgres, type TestPostgres } from './postgres.ts';

export const databaseKinds = ['SQLite in memory', 'SQLite in a file', 'PostgreSQL'] as const;
export type TestDatabaseKind = (typeof databaseKinds)[number];

/** On a busy machine a test that asks for everything at once needs longer time-outs. */
const patient = { connectTimeoutMs: 30_000, statementTimeoutMs: 30_000 };

/** Call it once per file, outside of tests: starts one PostgreSQL for all of them, and closes what each test opened. */
export function tDatabases() {
  const undos: (() => Promise<void> | void)[] = [];
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await tPostgres();
  });
  afterEach(async () => {
    for (const undo of undos.splice(0).reverse()) await undo();
  });
  afterAll(() => postgres.stop());

  async function opened(database: Promise<Database>): Promise<Database> {
    const open = await database;
    undos.push(() => open.close());
    return open;
  }

  const databases = {
    /** Runs `undo` at the end of the test, before what was opened earlier is closed. */
    cleanUp(undo: () => Promise<void> | void) {
      undos.push(undo);
    },
    folder(): string {
      const folder = mkdtempSync(join(tmpdir(), 'dispatch-record-'));
      undos.push(() => rmSync(folder, { recursive: true }));
      return folder;
    },
    /** The URL of a PostgreSQL without any tables. */
    emptyPostgres: () => postgres.createSchema(),
    /** One more process, as far as the database can tell. */
    openPostgres: (
      url: string,
      options: { maxConnections?: number; connectTimeoutMs?: number; clock?: Clock } = {},
    ) => opened(openTestPostgres(url, { ...patient, ...options })),
    openSqlite: (folder: string) => opened(openSqlite({ folder, lockTimeoutMs: 50 })),
    async open(kind: TestDatabaseKind): Promise<Database> {
      if (kind === 'PostgreSQL') return databases.openPostgres(await databases.emptyPostgres());
      return databases.openSqlite(kind === 'SQLite in memory' ? ':memory:' : databases.folder());
    },
  };
  return databases;
}
