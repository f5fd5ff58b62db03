/** Measures what the service does on a database with few rows and with many: what goes by an index takes as long. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../src/db/database.ts';
import { openSqlite } from '../../src/db/sqlite/sqlite.ts';
import { openTestPostgres } from '../../test/support/open-postgres.ts';
import { tPostgres } from '../../test/support/postgres.ts';
import { fill } from './fill.ts';
import { measureDatabase, measureService, type Figures } from './measures.ts';
import { openScene } from './scene.ts';

const [few, many] = [10_000, 1_000_000];

export interface RowsListener {
  readonly onStep: (step: string) => void;
}

/** The figures of one database with one number of rows. */
interface Column {
  readonly kind: string;
  readonly rows: number;
  readonly figures: Figures;
}

/** Prints nothing; resolves with the table, Markdown. `scale` is the share of the million rows. */
export async function runRows(scale: number, { onStep }: RowsListener): Promise<string> {
  const sizes = [few, Math.max(few, Math.round(many * scale))];
  const columns: Column[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-rows-'));
  const postgres = await tPostgres();
  try {
    for (const rows of sizes) {
      const dataDir = join(folder, String(rows));
      onStep(`SQLite, ${rows} rows of each`);
      const open = () => openSqlite({ folder: dataDir });
      columns.push({ kind: 'SQLite', rows, figures: await measure(open, rows, { DATA_DIR: dataDir }) });
      rmSync(dataDir, { recursive: true });
    }
    for (const rows of sizes) {
      const url = await postgres.createDatabase();
      onStep(`PostgreSQL, ${rows} rows of each`);
      const open = () => openTestPostgres(url, { statementTimeoutMs: 600_000 });
      columns.push({ kind: 'PostgreSQL', rows, figures: await measure(open, rows, { DATABASE_URL: url }) });
    }
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return formatRows(columns);
}

async function measure(
  open: () => Promise<Database>,
  rows: number,
  env: Record<string, string>,
): Promise<Figures> {
  const withDatabase = async <T>(use: (database: Database) => Promise<T>): Promise<T> => {
    const database = await open();
    return use(database).finally(() => database.close());
  };
  await withDatabase((database) => fill(database, rows));
  const ofService = await (async () => {
    await using scene = await openScene(env);
    // The scene ends with this function.
    return await measureService(scene);
  })();
  const ofDatabase = await withDatabase((database) => measureDatabase(database, rows));
  return new Map([...ofService, ...ofDatabase]);
}

function formatRows(columns: readonly Column[]): string {
  const names = [...new Set(columns.flatMap(({ figures }) => [...figures.keys()]))];
  const heads = columns.map(({ kind, rows }) => `${kind}, ${rows.toLocaleString('en')}`);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const cell = (name: string, value: number | undefined) => {
    if (value === undefined) return '–';
    if (name.startsWith('bytes')) return `${Math.round(value)} B`;
    return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
  };
  return [
    line(['what, median', ...heads]),
    line(['---', ...heads.map(() => '---:')]),
    ...names.map((name) => line([name, ...columns.map(({ figures }) => cell(name, figures.get(name)))])),
  ].join('\n');
}
