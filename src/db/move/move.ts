/** Moves the record from the embedded database to PostgreSQL, while no service has either. */
import type { Logger } from '../../observability/log.ts';
import { openPostgres, type PostgresOptions } from '../postgres/postgres.ts';
import { assertDatabase } from '../sqlite/at-rest.ts';
import { openSqlite } from '../sqlite/sqlite.ts';
import { moveRows, type MovedTable } from './move-rows.ts';

export interface MoveOptions {
  readonly folder: string;
  readonly to: Pick<PostgresOptions, 'url' | 'ca' | 'maxConnections' | 'maxConnectionAgeMs'>;
  readonly log: Logger;
  readonly onTable: (table: MovedTable, rows: number) => void;
}

/** @throws SettingError, Unavailable or MoveRefused, and then nothing was moved */
export async function moveRecord({ folder, to: address, log, onTable }: MoveOptions): Promise<void> {
  assertDatabase(folder);
  const from = await openSqlite({ folder });
  try {
    const to = await openPostgres({ ...address, log });
    try {
      await moveRows(from.query, to.query, onTable);
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}
