/** Copies of the embedded database, each whole in one file: makes them while it is written to, looks at them, and puts them in its place. */
import {
  constants,
  copyFileSync,
  existsSync,
  openSync,
  closeSync,
  fsyncSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { fileName } from './file-name.ts';

/** What can be said of a copy. The message is the rest of a sentence that begins with its name. */
export class BadBackup extends Error {}

/** What stands in a copy. */
export interface BackupContents {
  readonly dispatches: number;
  readonly events: number;
  /** When the newest event happened, ISO 8601; null where there is none. */
  readonly newestAt: string | null;
  /** The last step that brought it to its schema. */
  readonly schema: string;
}

/**
 * Copies a database that is open into a new file. What is committed meanwhile by the same process is in the copy too; nothing is
 * in it by half. A copy that is not whole never has this name.
 */
export async function writeBackup(file: Sqlite.Database, path: string): Promise<void> {
  if (existsSync(path)) throw new BadBackup('is there already');
  const unfinished = `${path}.unfinished`;
  rmSync(unfinished, { force: true });
  // It has the secret that cursors are signed with.
  closeSync(openSync(unfinished, 'wx', 0o600));
  try {
    await file.backup(unfinished);
    inOneFile(unfinished);
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!code.startsWith('SQLITE_')) throw error;
    throw new BadBackup(`cannot be written: ${message}`, { cause: error });
  }
}

/** Without a log beside it, which a copy that is carried elsewhere would lose. */
function inOneFile(path: string): void {
  const copy = new Sqlite(path);
  try {
    copy.pragma('journal_mode = delete');
  } finally {
    copy.close();
  }
}

/** @throws BadBackup where it is none, or damaged */
export function readBackup(path: string): BackupContents {
  if (!existsSync(path)) throw new BadBackup('is not there');
  let copy: Sqlite.Database | undefined;
  try {
    copy = new Sqlite(path, { readonly: true, fileMustExist: true });
    const found = copy.pragma('integrity_check', { simple: true });
    if (found !== 'ok') throw new BadBackup(`is damaged: ${String(found)}`);
    const value = <T>(sql: string) => copy!.prepare(sql).pluck().get() as T;
    return {
      dispatches: value<number>('select count(*) from dispatches'),
      events: value<number>('select count(*) from events'),
      newestAt: value<string | null>('select max(at) from events'),
      schema: value<string>('select max(name) from schema_migrations'),
    };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code.startsWith('SQLITE_')) throw new BadBackup(`is no backup of this service: ${message}`);
    throw error;
  } finally {
    copy?.close();
  }
}

/**
 * Puts a copy in the place of the database of a folder, which must be closed. Resolves with the name under which the one before
 * is kept; null where there was none.
 */
export function putInPlace(copy: string, folder: string, at: string): string | null {
  const path = join(folder, fileName);
  const coming = `${path}.coming`;
  copyFileSync(copy, coming, constants.COPYFILE_FICLONE);
  const descriptor = openSync(coming, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
  const kept = existsSync(path) ? `${path}.before-${at.replaceAll(/[:.]/g, '-')}` : null;
  if (kept !== null) foldLog(path);
  if (kept !== null) renameSync(path, kept);
  renameSync(coming, path);
  return kept;
}

/** What is in its log belongs to the database before, and would be read as a part of the next one. */
function foldLog(path: string): void {
  const file = new Sqlite(path, { timeout: 0 });
  try {
    file.pragma('locking_mode = exclusive');
    file.pragma('journal_mode = delete');
  } finally {
    file.close();
  }
  for (const rest of ['-wal', '-shm']) rmSync(path + rest, { force: true });
}
