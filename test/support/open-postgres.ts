/** Opens a PostgreSQL as a process with nothing but its URL in the environment does. */
import { parseConfig } from '../../src/config/config.ts';
import type { Database } from '../../src/db/database.ts';
import { openPostgres, type PostgresOptions } from '../../src/db/postgres/postgres.ts';
import { createLogger } from '../../src/observability/log.ts';

export function openTestPostgres(url: string, options: Partial<PostgresOptions> = {}): Promise<Database> {
  const { record } = parseConfig({ DATABASE_URL: url });
  if (record.kind !== 'postgres') throw new Error(`${url} is no URL of a PostgreSQL.`);
  const { ca, maxConnections, maxConnectionAgeMs } = record;
  return openPostgres({
    ...{ url, ca, maxConnections, maxConnectionAgeMs, log: createLogger('silent') },
    ...options,
  });
}
