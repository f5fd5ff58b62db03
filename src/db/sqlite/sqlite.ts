/** The embedded database: one SQLite file that belongs to this process. */
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import {
  Kysely,
  sql,
  SqliteDialect,
  type CompiledQuery,
  type SqliteStatement,
  type Transaction,
} from 'kysely';
import { Change } from '../change.ts';
import { Database, unrelayedEvents, type HandOver, type OutboxRow, type RelayMarks } from '../database.ts';
import { SettingError } from '../../lib/setting-error.ts';
import { writeBackup } from './backup.ts';
import { fileName } from './file-name.ts';
import { makeFolder } from './make-folder.ts';
import { migrate } from '../migrate.ts';
import { createStatements } from './sqlite-statements.ts';
import type { Tables } from '../tables.ts';

export interface SqliteOptions {
  /** Folder of the file `dispatch.sqlite`; made when missing. `:memory:` keeps nothing. */
  readonly folder: string;
  /** How long to wait for another process to release the file, milliseconds. Default 2000. */
  readonly lockTimeoutMs?: number;
}

/**
 * Opens the embedded database and brings it to the newest schema.
 *
 * WAL with `synchronous = FULL`: what was committed has been synced to disk. The file is locked for as long as it is open,
 * since the stores beside it are in this process's memory: a second process on the same folder gets an error that says so.
 */
export async function openSqlite({ folder, lockTimeoutMs }: SqliteOptions): Promise<SqliteDatabase> {
  const file = openFile(folder, lockTimeoutMs);
  const database = new SqliteDatabase(file);
  try {
    await migrate(database.query, 'sqlite');
  } catch (error) {
    await database.close();
    throw unusable(folder, error);
  }
  return database;
}

/** The file alone, locked. @throws SettingError */
export function openFile(folder: string, lockTimeoutMs = 2_000): Sqlite.Database {
  if (folder === ':memory:') return new Sqlite(':memory:');
  let file: Sqlite.Database | undefined;
  try {
    makeFolder(folder);
    file = new Sqlite(join(folder, fileName), { timeout: lockTimeoutMs });
    file.pragma('locking_mode = exclusive');
    file.pragma('journal_mode = wal');
    file.pragma('synchronous = full');
    // Takes the lock now; with exclusive locking it is kept.
    file.exec('begin exclusive; commit');
    return file;
  } catch (error) {
    file?.close();
    throw unusable(folder, error);
  }
}

/** An error of the start. Names the whole path: the working directory, which it may depend on, is not known to whoever reads the log. */
export function unusable(folder: string, error: unknown): SettingError {
  const { code, message } = error as Error & { readonly code?: unknown };
  const path = folder === ':memory:' ? folder : resolve(folder, fileName);
  // Told by its code, not its class: where modules are loaded twice, as in tests, the native library uses the first class.
  const why =
    code === 'SQLITE_BUSY'
      ? `, whose ${fileName} is in use by another process. Stop it, or give this one a DATA_DIR of its own; ` +
        'several processes on one record need PostgreSQL (DATABASE_URL).'
      : `, which cannot be used: ${message}.`;
  return new SettingError('DATA_DIR', `is ${folder}${why} The database is ${path}.`, error);
}

/** A change that waits for its commit. */
interface QueuedChange {
  /** Writes inside a transaction of several changes. After the commit, `settle` gives the caller the result. */
  write(query: Transaction<Tables>): Promise<{ settle: () => void; wroteEvents: boolean }>;
  reject(error: unknown): void;
}

/** Bounds how long one commit keeps everything else waiting. */
const maxChangesPerCommit = 100;

class SqliteDatabase extends Database {
  readonly #file: Sqlite.Database;
  readonly #prepare: (sql: string) => SqliteStatement;
  readonly #queue: QueuedChange[] = [];
  #committing: Promise<void> | undefined;
  readonly #copying = new Set<Promise<void>>();

  constructor(file: Sqlite.Database) {
    const prepare = createStatements(file);
    super(
      'sqlite',
      new Kysely<Tables>({
        dialect: new SqliteDialect({ database: { prepare, close: () => file.close() } }),
      }),
    );
    this.#file = file;
    this.#prepare = prepare;
  }

  /**
   * At once, where Kysely would take six steps to hand out the one connection. While a transaction is open the read waits for
   * its end there: it would see what is not committed yet.
   */
  override read<Row>(query: CompiledQuery<Row>, signal?: AbortSignal): Promise<Row[]> {
    return this.#file.inTransaction
      ? super.read(query, signal)
      : Promise.try(() => this.#prepare(query.sql).all(query.parameters) as Row[]);
  }

  /**
   * Changes that were asked for in the same turn of the event loop share a commit, and so its sync of the disk, which takes
   * longer than all else and blocks the whole process. Each has a savepoint of its own: one that throws undoes only itself.
   */
  protected override make<T>(run: (change: Change) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const isInTransaction = () => this.#file.inTransaction;
      this.#queue.push({ write: (query) => writeOne(query, run, resolve, reject, isInTransaction), reject });
      this.#committing ??= this.#commitQueue();
    });
  }

  async #commitQueue(): Promise<void> {
    while (this.#queue.length > 0) {
      await setImmediate();
      await this.#commit(this.#queue.splice(0, maxChangesPerCommit));
    }
    this.#committing = undefined;
  }

  async #commit(changes: readonly QueuedChange[]): Promise<void> {
    const written: { settle: () => void; wroteEvents: boolean }[] = [];
    try {
      await this.query.transaction().execute(async (query) => {
        for (const change of changes) written.push(await change.write(query));
      });
    } catch (error) {
      for (const change of changes) change.reject(error);
      return;
    }
    if (written.some(({ wroteEvents }) => wroteEvents)) this.announceEvents();
    for (const { settle } of written) settle();
  }

  override readTime(): Promise<null> {
    return Promise.resolve(null);
  }

  override async relay(limit: number, handOver: HandOver): Promise<number> {
    const rows = await unrelayedEvents(this.query, limit).execute();
    if (rows.length === 0) return 0;
    const marks = await handOver(rows, null);
    // No transaction is open while the one connection is held here, so the pragmas apply to the marks only. The marks need
    // no sync of their own: the next change's sync includes them.
    await this.query.connection().execute(async (query) => {
      this.#file.pragma('synchronous = normal');
      try {
        await markRelayed(query, rows, marks);
      } finally {
        this.#file.pragma('synchronous = full');
      }
    });
    return rows.length;
  }

  /** Copies it into a new file while it is in use. Rejects with `BadBackup`, or with an error of the file system. */
  async backUp(path: string): Promise<void> {
    const copying = writeBackup(this.#file, path);
    this.#copying.add(copying);
    try {
      await copying;
    } finally {
      this.#copying.delete(copying);
    }
  }

  override async close(): Promise<void> {
    await this.#committing;
    await Promise.allSettled(this.#copying);
    // Waits until nothing else holds the one connection or waits for it.
    await this.query.connection().execute(async () => {});
    await this.query.destroy();
  }
}

async function writeOne<T>(
  query: Transaction<Tables>,
  run: (change: Change) => Promise<T>,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
  isInTransaction: () => boolean,
): Promise<{ settle: () => void; wroteEvents: boolean }> {
  const change = new Change(query, 'sqlite');
  await sql`savepoint one`.execute(query);
  try {
    const value = await run(change);
    await sql`release one`.execute(query);
    return { settle: () => resolve(value), wroteEvents: change.wroteEvents };
  } catch (error) {
    // Some errors, such as of a full disk, end the whole transaction: then nothing of the others is kept either.
    if (!isInTransaction()) throw error;
    await sql`rollback to one`.execute(query);
    await sql`release one`.execute(query);
    return { settle: () => reject(error), wroteEvents: false };
  }
}

async function markRelayed(
  query: Kysely<Tables>,
  rows: readonly OutboxRow[],
  { at, positions }: RelayMarks,
): Promise<void> {
  const marks = JSON.stringify(rows.map(({ id }) => [id, positions.get(id) ?? null]));
  await sql`
    update events set relayed_at = ${at}, positions = mark.value ->> 1
    from json_each(${marks}) as mark where events.id = mark.value ->> 0`.execute(query);
}
