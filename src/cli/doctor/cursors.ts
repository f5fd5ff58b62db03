/** The doctor's check of what cursors are signed with. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Config } from '../../config/config.ts';
import { isDevelopmentSecret } from '../../config/cursors.ts';
import { dayMs, msSince, type Clock } from '../../lib/clock.ts';
import { examine, type Finding, type Findings } from './finding.ts';
import { connect } from './postgres.ts';

const select = 'select at from cursor_keys order by number desc limit 1';

export async function examineCursors(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const [secret, previous] = config.secrets.cursorSecrets;
  return examine('cursors', clock, 'See the message.', async (findings) => {
    if (secret === undefined) return examineKept(await readNewest(config), clock, findings);
    if (isDevelopmentSecret(secret.reveal()))
      findings.warning(
        'are signed with a secret that everybody knows, since processes share no database to keep one in',
        'Set DATABASE_URL, or CURSOR_SECRET.',
      );
    else
      findings.ok(
        `are signed with CURSOR_SECRET${previous ? ', and those of CURSOR_SECRET_PREVIOUS are good too' : ''}`,
      );
  });
}

/** When the newest secret was made; null where there is none yet, undefined where nobody can say: that is found elsewhere. */
type Newest = string | null | undefined;

function examineKept(newest: Newest, clock: Clock, findings: Findings): void {
  if (newest === undefined) return;
  if (newest === null)
    return findings.ok(
      'will be signed with a secret that the first process makes, and keeps in the database',
    );
  const days = Math.floor(msSince(Date.parse(newest), clock.now()) / dayMs);
  if (days < -1)
    findings.warning(
      `are signed with a secret that is dated ${-days} days ahead, and so is not replaced until then`,
      'Look at the clocks, then delete the row of cursor_keys: each client lists anew once.',
    );
  else findings.ok(`are signed with a secret in the database, made ${Math.max(days, 0)} days ago`);
}

async function readNewest(config: Config): Promise<Newest> {
  const { record } = config;
  if (record.kind === 'postgres') return readFromPostgres(config);
  const path = join(record.dataDir, 'dispatch.sqlite');
  return record.dataDir === ':memory:' || !existsSync(path) ? null : readFromFile(path);
}

async function readFromPostgres(config: Config): Promise<Newest> {
  const client = await connect(config).catch(() => undefined);
  if (!client) return undefined;
  try {
    const { rows: tables } = await client.query<{ there: boolean }>(
      `select to_regclass('cursor_keys') is not null as there`,
    );
    if (!tables[0]!.there) return null;
    const { rows } = await client.query<{ at: string }>(select);
    return rows[0]?.at ?? null;
  } finally {
    await client.end();
  }
}

function readFromFile(path: string): Newest {
  let file: Sqlite.Database | undefined;
  try {
    file = new Sqlite(path, { timeout: 0, readonly: true });
    return (file.prepare(select).get() as { at: string } | undefined)?.at ?? null;
  } catch (error) {
    // It is in use, or no database of this service: the machine's check says so.
    return /no such table/.test((error as Error).message) ? null : undefined;
  } finally {
    file?.close();
  }
}
