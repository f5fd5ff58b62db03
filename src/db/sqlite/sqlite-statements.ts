/** The statements of a SQLite file as Kysely runs them: prepared once, with errors that say whether they pass. */
import type { Database, Statement } from 'better-sqlite3';
import type { SqliteStatement } from 'kysely';
import { LRUCache } from 'lru-cache';
import { storeError } from '../store-failures.ts';

const maxStatements = 200;

/** To prepare a statement takes as long as to run it, so each SQL text is prepared once. */
export function createStatements(file: Database): (sql: string) => SqliteStatement {
  const statements = new LRUCache<string, SqliteStatement>({
    max: maxStatements,
    memoMethod: (text) => (text === 'rollback' ? rollbackOf(file) : prepare(file, text)),
  });
  return (text) => statements.memo(text);
}

const prepare = (file: Database, text: string) => reporting(withStoreError(() => file.prepare(text)));

/** The same statement; its errors have been through `storeError`. */
function reporting(statement: Statement): SqliteStatement {
  return {
    reader: statement.reader,
    all: (parameters) => withStoreError(() => statement.all(parameters)),
    run: (parameters) => withStoreError(() => statement.run(parameters)),
    iterate: (parameters) => statement.iterate(parameters),
  };
}

/** Where an error has ended the transaction, there is nothing to undo: to say so would hide that error. */
function rollbackOf(file: Database): SqliteStatement {
  const rollback = reporting(file.prepare('rollback'));
  const nothing = { changes: 0, lastInsertRowid: 0 };
  return { ...rollback, run: (parameters) => (file.inTransaction ? rollback.run(parameters) : nothing) };
}

function withStoreError<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw storeError(error);
  }
}
