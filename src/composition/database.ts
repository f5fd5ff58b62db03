/** Opens the database that the configuration names. */
import type { Database } from '../db/database.ts';
import type { AppContext } from './app-context.ts';
import { whenReachable } from './wait-at-start.ts';

export async function openDatabase(context: AppContext): Promise<Database> {
  const { config, log, clock, disposables } = context;
  const { record, secrets } = config;
  const open = async (): Promise<Database> => {
    if (record.kind === 'sqlite') {
      const { openSqlite } = await import('../db/sqlite/sqlite.ts');
      return openSqlite({ folder: record.dataDir });
    }
    const { openPostgres } = await import('../db/postgres/postgres.ts');
    const { ca, maxConnections, maxConnectionAgeMs } = record;
    const url = secrets.databaseUrl!.reveal();
    return whenReachable(context, () =>
      openPostgres({ url, ca, log, clock, maxConnections, maxConnectionAgeMs }),
    );
  };
  const database = await open();
  disposables.defer(() => database.close());
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
