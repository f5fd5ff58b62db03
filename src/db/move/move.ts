/** Moves the record from the embedded database to PostgreSQL, while no service has either. */
import type { Logger } from '../../observability/log.ts';
import { openPostgres } from '../postgres/postgres.ts';
import { openSqlite } from '../sqlite/sqlite.ts';
import { moveRows, type MovedTable } from './move-rows.ts';

export interface MoveOptions {
  readonly folder: string;
  readonly url: string;
  /** See `PostgresOptions`. */
  readonly ca: string | null;
  readonly log: Logger;
  readonly onTable: (table: MovedTable, rows: number) => void;
}

/** @throws SettingError, Unavailable or MoveRefused, and then nothing was moved */
export async function moveRecord({ folder, url, ca, log, onTable }: MoveOptions): Promise<void> {
  const from = await openSqlite({ folder });
  try {
    const to = await openPostgres({ url, ca, log });
    try {
      await moveRows(from.query, to.query, onTable);
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}
