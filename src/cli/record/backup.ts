/** The command `npm run backup`: copies the embedded database while the service runs, or puts a copy in its place. */
import { readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError, parseConfig, readEnv } from '../../config/config.ts';
import { systemClock } from '../../lib/clock.ts';
import { SettingError } from '../../lib/setting-error.ts';
import { backUpAtRest, restoreAtRest } from '../../db/sqlite/at-rest.ts';
import { BadBackup, readBackup, type BackupContents } from '../../db/sqlite/backup.ts';
import { askForBackup, BackupRefused } from '../../db/sqlite/backup-socket.ts';
import { parseWithPositionals, runCommand, UsageError } from '../command.ts';

const usage = `Copies the embedded database (DATA_DIR) into one file, whole, while the service runs or not; or puts such a file in its place.
A copy of dispatch.sqlite alone is none: what was written last stands in a file beside it.

  npm run -s backup -- /backups/dispatch-2026-11-26.sqlite
  npm run -s backup -- --restore /backups/dispatch-2026-11-26.sqlite

  --restore   put the file in the place of the database, which is kept beside it under another name. The service must
              have ended
  --help      this text

The file has the secret that cursors are signed with: only its owner may read it. With DATABASE_URL use pg_dump, and
pg_restore: docs/operations.md.
Exit codes: 0 done, 1 the copy is not whole, or the database is in use or not there, 2 the command line or a file cannot be used.
`;

const options = { restore: { type: 'boolean', default: false } } as const;

/** The message is meant for the user. */
class Refused extends Error {}

const say = (text: string) => process.stdout.write(`${text}\n`);

function folderOf(path: string): string {
  const { record } = parseConfig(readEnv());
  if (record.kind === 'postgres')
    throw new UsageError(
      `The record is in PostgreSQL: pg_dump --format=custom --file=${path} "$DATABASE_URL"`,
    );
  if (record.dataDir === ':memory:') throw new UsageError('DATA_DIR is :memory:, of which nothing is kept.');
  return record.dataDir;
}

async function backUp(path: string, folder: string): Promise<void> {
  // A folder that is not there is told by its own name, not by that of the file which would be made in it first.
  readdirSync(dirname(path));
  if (!(await askForBackup(folder, path))) await backUpAtRest(folder, path);
  say(`${path} has ${describe(readBackup(path))}.`);
}

async function restore(path: string, folder: string): Promise<void> {
  const contents = readBackup(path);
  const kept = await restoreAtRest(folder, path, new Date(systemClock.now()).toISOString());
  say(`The database has ${describe(contents)}.`);
  if (kept !== null) say(`The one before is ${kept}.`);
}

function describe({ dispatches, events, newestAt, schema }: BackupContents): string {
  const until = newestAt === null ? '' : `, the newest of ${newestAt}`;
  return `${dispatches} dispatches and ${events} events${until}; its schema is ${schema}`;
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseWithPositionals(args, options);
  const [given, ...rest] = positionals;
  if (given === undefined || rest.length > 0) throw new UsageError('The name of one file is needed.');
  const path = resolve(given);
  try {
    await (values.restore ? restore : backUp)(path, folderOf(path));
  } catch (error) {
    if (error instanceof BadBackup || error instanceof BackupRefused)
      throw new Refused(`${path} ${error.message}.`, { cause: error });
    throw error;
  }
  return 0;
}

await runCommand({
  ...{ usage, run },
  exitCodes: [
    [Refused, 1],
    [SettingError, 1],
    [ConfigError, 1],
  ],
});
