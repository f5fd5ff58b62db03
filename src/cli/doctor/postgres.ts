/** The doctor's checks of PostgreSQL: whether it can be reached and written to, which migrations it has, and its free connections. */
import pg from 'pg';
import type { Config } from '../../config/config.ts';
import { migrationNames } from '../../db/migrate.ts';
import type { Clock } from '../../lib/clock.ts';
import { compareClocks, examine, type Finding, type Findings } from './finding.ts';

const minVersion = 13;
/** The connections of one process: a pool of 10, and one for the relay (see db/postgres.ts). */
const connectionsOfAProcess = 11;

export async function examinePostgres(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const { record, secrets } = config;
  if (record.kind !== 'postgres') return [];
  return examine(
    `PostgreSQL ${record.server}`,
    clock,
    'Check DATABASE_URL, user and password, and that a network policy or firewall lets this machine through.',
    async (findings) => {
      const client = new pg.Client({
        connectionString: secrets.databaseUrl!.reveal(),
        application_name: 'dispatch-subgraph:doctor',
        connectionTimeoutMillis: 5_000,
      });
      // An error of the connection also rejects the query that waits for it.
      client.on('error', () => {});
      try {
        await client.connect();
        await examineServer(client, findings);
        await examineSchema(client, findings);
        await examineRoom(client, findings);
      } finally {
        await client.end();
      }
    },
  );
}

async function examineServer(client: pg.Client, findings: Findings): Promise<void> {
  const askedAt = Date.now();
  const { rows } = await client.query<{ version: string; readonly: boolean; now: number; creates: boolean }>(
    `select current_setting('server_version') as version,
      pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as readonly,
      has_schema_privilege(current_schema(), 'create') as creates,
      extract(epoch from clock_timestamp())::float8 * 1000 as now`,
  );
  const { version, readonly, now, creates } = rows[0]!;
  if (Number.parseInt(version, 10) < minVersion)
    findings.problem(`is version ${version}`, `Use version ${minVersion} or newer.`);
  else findings.ok(`answers, version ${version}`);
  if (readonly)
    findings.problem(
      'accepts no writes: it is a standby, or set to read only',
      'Set DATABASE_URL to the primary.',
    );
  if (!creates)
    findings.problem(
      'does not let this user create tables, so migrations cannot run',
      'Grant the user the right to create on schema public, or migrate as another user.',
    );
  compareClocks(findings, 'PostgreSQL', now, askedAt);
}

async function examineSchema(client: pg.Client, findings: Findings): Promise<void> {
  const { rows: tables } = await client.query<{ there: boolean }>(
    `select to_regclass('schema_migrations') is not null as there`,
  );
  const { rows } = tables[0]!.there
    ? await client.query<{ name: string }>('select name from schema_migrations')
    : { rows: [] };
  const seen = rows.map(({ name }) => name);
  const missing = migrationNames.filter((name) => !seen.includes(name));
  const newer = seen.filter((name) => !migrationNames.includes(name));
  if (missing.length === 0) findings.ok('has the schema of this version');
  else findings.ok(`will be migrated at the next start: ${missing.join(', ')}`);
  if (newer.length > 0)
    findings.warning(
      `was migrated by a newer version: ${newer.join(', ')}`,
      'This is fine while a deployment is being rolled back; otherwise deploy the newer version.',
    );
}

async function examineRoom(client: pg.Client, findings: Findings): Promise<void> {
  const { rows } = await client.query<{ most: number; used: number }>(
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used`,
  );
  const { most, used } = rows[0]!;
  const free = most - used;
  const says = `has room for ${free} of ${most} connections`;
  if (free < connectionsOfAProcess)
    findings.warning(
      `${says}; a process may open ${connectionsOfAProcess}`,
      'Raise max_connections, or close connections of others.',
    );
  else findings.ok(`${says}: ${Math.floor(free / connectionsOfAProcess)} more processes`);
}
