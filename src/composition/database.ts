/** Opens the database that the record lives in. */
import type { Database } from '../db/database.ts';
import type { AppContext } from './app-context.ts';

export async function openDatabase({ config, log, disposables }: AppContext): Promise<Database> {
  const { record, secrets } = config;
  const open = async (): Promise<Database> => {
    if (record.kind === 'sqlite') {
      const { openSqlite } = await import('../db/sqlite.ts');
      return openSqlite({ folder: record.dataDir });
    }
    const { openPostgres } = await import('../db/postgres.ts');
    return openPostgres({ url: secrets.databaseUrl!.reveal(), log });
  };
  const database = await open();
  disposables.defer(() => database.close());
  return database;
}
