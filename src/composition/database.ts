/** Opens the database that the configuration names. */
import type { Database } from '../db/database.ts';
import type { AppContext } from './app-context.ts';
import { whenReachable } from './wait-at-start.ts';

export async function openDatabase(context: AppContext): Promise<Database> {
  const { record } = context.config;
  return record.kind === 'sqlite' ? openEmbedded(context, record.dataDir) : openShared(context, record);
}

async function openEmbedded({ log, parts }: AppContext, folder: string): Promise<Database> {
  const { openSqlite } = await import('../db/sqlite/sqlite.ts');
  const database = await openSqlite({ folder });
  parts.add('the database', () => database.close());
  if (folder === ':memory:') return database;
  const { answerBackups } = await import('../db/sqlite/backup-socket.ts');
  const backUp = (path: string) => database.backUp(path);
  parts.add('backups', await answerBackups({ folder, log, backUp }));
  return database;
}

type SharedRecord = Extract<AppContext['config']['record'], { kind: 'postgres' }>;

async function openShared(
  context: AppContext,
  { url, ca, maxConnections, maxConnectionAgeMs }: SharedRecord,
): Promise<Database> {
  const { log, clock, parts } = context;
  const { openPostgres } = await import('../db/postgres/postgres.ts');
  const database = await whenReachable(context, () =>
    openPostgres({ url: url.reveal(), ca, log, clock, maxConnections, maxConnectionAgeMs }),
  );
  parts.add('the database', () => database.close());
  return database;
}

/** An error of the start: one of SQLite names neither the file nor the setting. */
export async function namingDatabase({ config }: AppContext, error: unknown): Promise<unknown> {
  const { code } = error as { readonly code?: unknown };
  if (config.record.kind !== 'sqlite' || typeof code !== 'string' || !code.startsWith('SQLITE_'))
    return error;
  const { unusable } = await import('../db/sqlite/sqlite.ts');
  return unusable(config.record.dataDir, error);
}
