/** Reads one text of the record for the doctor, who makes and changes nothing in it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Config } from '../../config/config.ts';
import { connect } from './postgres.ts';

export interface KeptText {
  readonly table: string;
  /** SQL with which it is read, as the first column of the first row. */
  readonly select: string;
}

/** Null where it is not there yet; undefined where nobody can say: the checks of the database and of the machine find that. */
export async function readKeptText(config: Config, what: KeptText): Promise<string | null | undefined> {
  const { record } = config;
  if (record.kind === 'postgres') return readFromPostgres(record, what);
  const path = join(record.dataDir, 'dispatch.sqlite');
  return record.dataDir === ':memory:' || !existsSync(path) ? null : readFromFile(path, what);
}

async function readFromPostgres(record: Parameters<typeof connect>[0], { table, select }: KeptText) {
  const client = await connect(record).catch(() => undefined);
  if (!client) return undefined;
  try {
    const { rows } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
      table,
    ]);
    if (!rows[0]!.there) return null;
    const found = await client.query<[string]>({ text: select, rowMode: 'array' });
    return found.rows[0]?.[0] ?? null;
  } finally {
    await client.end();
  }
}

function readFromFile(path: string, { select }: KeptText) {
  let file: Sqlite.Database | undefined;
  try {
    file = new Sqlite(path, { timeout: 0, readonly: true });
    return (file.prepare(select).pluck().get() as string | undefined) ?? null;
  } catch (error) {
    return /no such table/.test((error as Error).message) ? null : undefined;
  } finally {
    file?.close();
  }
}
