/** Copies the embedded database, and puts a copy in its place, while no service has it. */
import { putInPlace } from './backup.ts';
import { openSqlite } from './sqlite.ts';

/** @throws SettingError where another process has it, BadBackup where the copy cannot be made */
export async function backUpAtRest(folder: string, path: string): Promise<void> {
  const database = await openSqlite({ folder });
  try {
    await database.backUp(path);
  } finally {
    await database.close();
  }
}

/** As `putInPlace`. @throws SettingError where another process has it */
export async function restoreAtRest(folder: string, copy: string, at: string): Promise<string | null> {
  // Makes the folder too.
  await (await openSqlite({ folder })).close();
  return putInPlace(copy, folder, at);
}
