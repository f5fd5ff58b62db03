/** The doctor's checks of PostgreSQL: whether it can be reached and written to, which migrations it has, and its free connections. */
import type { Config } from '../../config/config.ts';
import { migrationNames } from '../../db/migrate.ts';
import { PostgresClient, ReadOnlyServer } from '../../db/postgres/postgres-client.ts';
import { PostgresHosts } from '../../db/postgres/postgres-hosts.ts';
import type { Clock } from '../../lib/clock.ts';
import { parsePostgresUrl } from '../../lib/addresses/postgres-url.ts';
import { compareClocks, examine, type Finding, type Findings } from './finding.ts';
import { examineSessions } from './postgres-sessions.ts';

const minVersion = 13;
const ownTables = [
  'dispatches',
  'follows',
  'locations',
  'messages',
  'users',
  'events',
  'record_facts',
  'pending_changes',
  'cursor_keys',
  'mutation_keys',
  'receipts',
  'schema_migrations',
];
/** Below the time for all of PostgreSQL, so that a host that says nothing leaves time for the next one, milliseconds. */
const connectTimeoutMs = 4_000;

export async function examinePostgres(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const { record } = config;
  if (record.kind !== 'postgres') return [];
  return examine(
    `PostgreSQL ${record.server}`,
    clock,
    'Check DATABASE_URL, user and password, DATABASE_CA_FILE, and that a network policy or firewall lets this machine through.',
    async (findings) => {
      const client = await connect(record, findings);
      try {
        await examineServer(client, findings);
        await examineSessions(client, findings);
        await examineSchema(client, findings);
        await examineTables(client, findings);
        if (client.isPooled) await examinePooler(client, findings);
        else await examineRoom(client, findings, record.maxConnections);
      } finally {
        await client.end();
      }
    },
  );
}

type PostgresSettings = Extract<Config['record'], { kind: 'postgres' }>;

/** Connects to the host that the service would use. Says which it is, if anybody is to be told. */
export async function connect(
  { url, ca }: PostgresSettings,
  findings: Findings | null = null,
): Promise<PostgresClient> {
  const hosts = new PostgresHosts(parsePostgresUrl(url.reveal()), ca);
  for (let attempt = 1; ; attempt += 1) {
    const host = new URL(hosts.url).host;
    const client = new PostgresClient(
      { application_name: 'dispatch-subgraph:doctor', connectionTimeoutMillis: connectTimeoutMs },
      hosts,
    );
    // An error of the connection also rejects the query that waits for it.
    client.on('error', () => {});
    try {
      await client.connect();
      await client.prepare({ statement_timeout: connectTimeoutMs });
      if (hosts.count > 1) findings?.ok(`accepts writes at ${host}`);
      return client;
    } catch (error) {
      await client.end();
      if (attempt === hosts.count) throw error;
      if (error instanceof ReadOnlyServer) findings?.ok(`accepts no writes at ${host}, as a standby`);
      else
        findings?.warning(
          `cannot be reached at ${host}: ${(error as Error).message}`,
          'Look at that server.',
        );
    }
  }
}

interface Server {
  readonly version: string;
  readonly encoding: string;
  readonly readonly: boolean;
  readonly now: number;
  readonly creates: boolean;
}

async function examineServer(client: PostgresClient, findings: Findings): Promise<void> {
  const askedAt = Date.now();
  const { rows } = await client.query<Server>(
    `select current_setting('server_version') as version, current_setting('server_encoding') as encoding,
      pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as readonly,
      has_schema_privilege(current_schema(), 'create') as creates,
      extract(epoch from clock_timestamp())::float8 * 1000 as now`,
  );
  const { version, encoding, readonly, now, creates } = rows[0]!;
  if (Number.parseInt(version, 10) < minVersion)
    findings.problem(`is version ${version}`, `Use version ${minVersion} or newer.`);
  else findings.ok(`answers, version ${version}`);
  if (encoding !== 'UTF8')
    findings.problem(
      `has the encoding ${encoding}, in which not every text can be kept`,
      "Create a database with UTF8: create database dispatch encoding 'UTF8' template template0.",
    );
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

async function examineSchema(client: PostgresClient, findings: Findings): Promise<void> {
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

/** Tables that are there already, but may be another user's. */
async function examineTables(client: PostgresClient, findings: Findings): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class
      where relkind in ('r', 'p') and relnamespace = current_schema()::regnamespace and relname = any($1)
        and not (has_table_privilege(oid, 'select') and has_table_privilege(oid, 'insert')
          and has_table_privilege(oid, 'update') and has_table_privilege(oid, 'delete'))
      order by relname`,
    [ownTables],
  );
  if (rows.length > 0)
    findings.problem(
      `does not let this user read and write ${rows.map(({ name }) => name).join(', ')}`,
      'Grant select, insert, update and delete on them, or use the user whose tables they are.',
    );
}

/** What is set in a transaction must hold in it, or nothing bounds a wait for a lock. */
async function examinePooler(client: PostgresClient, findings: Findings): Promise<void> {
  await client.query('begin');
  await client.query(`set local lock_timeout = '4321ms'`);
  const { rows } = await client.query<{ set: string }>(`select current_setting('lock_timeout') as set`);
  await client.query('rollback');
  if (rows[0]?.set === '4321ms')
    findings.ok(
      'is behind a pooler: time-outs are set in each transaction, and hold; connections are its own',
    );
  else
    findings.problem(
      'is behind a pooler that loses what is set in a transaction',
      'Set pool_mode = transaction, or session.',
    );
}

async function examineRoom(client: PostgresClient, findings: Findings, needed: number): Promise<void> {
  const { rows } = await client.query<{ most: number; used: number }>(
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used`,
  );
  const { most, used } = rows[0]!;
  const free = most - used;
  const says = `has room for ${free} of ${most} connections`;
  if (free < needed)
    findings.warning(
      `${says}; a process may open ${needed}`,
      'Raise max_connections, lower DATABASE_MAX_CONNECTIONS, or close connections of others.',
    );
  else findings.ok(`${says}: ${Math.floor(free / needed)} more processes`);
}
