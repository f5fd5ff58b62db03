/** Opens the database that the configuration names, and waits for one that is away. */
import type { Database } from '../db/database.ts';
import type { PostgresOptions } from '../db/postgres.ts';
import { backoff } from '../lib/backoff.ts';
import { Unavailable } from '../lib/unavailable.ts';
import type { AppContext } from './app-context.ts';

/** The longest pause between two attempts to reach a database, milliseconds. */
const maxPauseMs = 2_000;

export async function openDatabase(context: AppContext): Promise<Database> {
  const { config, log, clock, disposables } = context;
  const { record, secrets } = config;
  const open = async (): Promise<Database> => {
    if (record.kind === 'sqlite') {
      const { openSqlite } = await import('../db/sqlite.ts');
      return openSqlite({ folder: record.dataDir });
    }
    const { maxConnections, maxConnectionAgeMs } = record;
    const url = secrets.databaseUrl!.reveal();
    return waitForPostgres(context, { url, log, clock, maxConnections, maxConnectionAgeMs });
  };
  const database = await open();
  disposables.defer(() => database.close());
  return database;
}

/**
 * Without a database nothing can be served, but one that is starting, or moves to another machine, is there soon. What is wrong
 * for good, such as a password, ends the start.
 */
async function waitForPostgres(
  { clock, log, closing }: AppContext,
  options: PostgresOptions,
): Promise<Database> {
  const { openPostgres } = await import('../db/postgres.ts');
  const pauses = backoff({ firstMs: 100, maxMs: maxPauseMs });
  for (let attempt = 1; ; attempt += 1) {
    try {
      const database = await openPostgres(options);
      if (attempt > 1) log.info({ attempts: attempt }, 'PostgreSQL is there');
      return database;
    } catch (error) {
      if (!(error instanceof Unavailable) || closing.aborted) throw error;
      if (attempt === 1)
        log.warn({ err: error }, 'PostgreSQL (DATABASE_URL) cannot be reached yet, and is waited for');
      await clock.sleep(pauses.next().value, closing);
      closing.throwIfAborted();
    }
  }
}
