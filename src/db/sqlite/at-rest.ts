/** Copies the embedded database, and puts a copy in its place, while no service has it. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SettingError } from '../../lib/setting-error.ts';
import { putInPlace, writeBackup } from './backup.ts';
import { fileName } from './file-name.ts';
import { openFile, openSqlite } from './sqlite.ts';

/** For who reads one: to open it would make it. @throws SettingError where there is none */
export function assertDatabase(folder: string): void {
  const path = resolve(folder, fileName);
  if (existsSync(path)) return;
  throw new SettingError('DATA_DIR', `is ${folder}, where there is no database: ${path} is not there.`);
}

/**
 * As it is: it is not brought to the newest schema.
 *
 * @throws SettingError where there is none, or another process has it, BadBackup where the copy cannot be made
 */
export async function backUpAtRest(folder: string, path: string): Promise<void> {
  assertDatabase(folder);
  const file = openFile(folder);
  try {
    await writeBackup(file, path);
  } finally {
    file.close();
  }
}

/** As `putInPlace`. @throws SettingError where another process has it */
export async function restoreAtRest(folder: string, copy: string, at: string): Promise<string | null> {
  // Makes the folder too.
  await (await openSqlite({ folder })).close();
  return putInPlace(copy, folder, at);
}
