/** The shared database: PostgreSQL, through a pool of connections. */
import { Kysely, PostgresDialect, sql, type PostgresPool } from 'kysely';
import pg from 'pg';
import type { Logger } from '../observability/log.ts';
import { Unavailable } from '../lib/unavailable.ts';
import { Change } from './change.ts';
import { Database, unrelayedEvents, type HandOver, type OutboxRow } from './database.ts';
import { relayLock, serviceLocks } from './locks.ts';
import { migrate } from './migrate.ts';
import type { Tables } from './tables.ts';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with libpq's parameters. */
  readonly url: string;
  readonly log: Logger;
  /** The largest number of connections, beside one more for the relay. Default 10. */
  readonly maxConnections?: number;
  /** How long to wait for a connection, milliseconds. Default 5000. */
  readonly connectTimeoutMs?: number;
  /** How long a statement may take, with its wait for locks, milliseconds. Default 10,000. Migrations may take any time. */
  readonly statementTimeoutMs?: number;
  /** After how long a transaction that does nothing is ended, milliseconds, so that a process that vanished holds no locks. Default 30,000. */
  readonly idleTransactionTimeoutMs?: number;
}

/** Connects to PostgreSQL and brings it to the newest schema. Rejects when it cannot be reached. */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  await migrateAlone(options);
  return new PostgresDatabase(createQuery(options, options.maxConnections ?? 10), createQuery(options, 1));
}

/** On a connection of its own without a time-out, since another process may be taking a long step. */
async function migrateAlone(options: PostgresOptions): Promise<void> {
  const query = createQuery({ ...options, statementTimeoutMs: 0, idleTransactionTimeoutMs: 0 }, 1);
  try {
    await migrate(query, 'postgres');
  } finally {
    await query.destroy();
  }
}

function createQuery(options: PostgresOptions, maxConnections: number): Kysely<Tables> {
  const pool = createPool(options, maxConnections);
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: withUnavailable(pool) }) });
}

/** Pool exhaustion is transient, and so is a server that cannot be reached: both become Unavailable. */
function withUnavailable(pool: pg.Pool): PostgresPool {
  return {
    connect: () =>
      pool.connect().catch((error: unknown) => {
        throw new Unavailable('The record', error);
      }),
    end: () => pool.end(),
    options: pool.options,
  };
}

function createPool(options: PostgresOptions, max: number): pg.Pool {
  const {
    url,
    log,
    connectTimeoutMs = 5_000,
    statementTimeoutMs = 10_000,
    idleTransactionTimeoutMs = 30_000,
  } = options;
  const types = new pg.TypeOverrides();
  // Ids and counts stay below 2^53.
  types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'dispatch-subgraph',
    max,
    types,
    keepAlive: true,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: idleTransactionTimeoutMs,
  });
  // A connection that breaks between two statements emits an error that ends the process unless somebody listens. Its
  // next statement rejects.
  pool.on('connect', (client) => {
    client.on('error', (error) => log.warn({ err: error }, 'a PostgreSQL connection broke'));
  });
  // The pool emits the error of an idle connection a second time, and replaces the connection.
  pool.on('error', () => {});
  return pool;
}

async function markRelayed(query: Kysely<Tables>, rows: readonly OutboxRow[], at: string): Promise<void> {
  const ids = rows.map((row) => row.id);
  await query
    .updateTable('events')
    .set({ relayed_at: at })
    .where('id', '=', sql<number>`any(${ids}::bigint[])`)
    .execute();
}

class PostgresDatabase extends Database {
  /** On a connection of its own, so that the relay does not wait for one of the pool. */
  readonly #relayQuery: Kysely<Tables>;

  constructor(query: Kysely<Tables>, relayQuery: Kysely<Tables>) {
    super('postgres', query);
    this.#relayQuery = relayQuery;
  }

  override async change<T>(run: (change: Change) => Promise<T>): Promise<T> {
    const { value, wroteEvents } = await this.query.transaction().execute(async (query) => {
      const change = new Change(query, this.kind);
      return { value: await run(change), wroteEvents: change.wroteEvents };
    });
    if (wroteEvents) this.announceEvents();
    return value;
  }

  override relay(limit: number, handOver: HandOver): Promise<number> {
    return this.#relayQuery.transaction().execute(async (query) => {
      // Waits for the lock rather than giving up: its holder may have looked for events just before ours was committed.
      // The next statement must see what the last holder has marked, so the lock is taken by a statement of its own.
      await sql`select set_config('synchronous_commit', 'off', true),
        pg_advisory_xact_lock(${sql.lit(serviceLocks)}, ${sql.lit(relayLock)})`.execute(query);
      const rows = await unrelayedEvents(query, limit);
      if (rows.length > 0) await markRelayed(query, rows, await handOver(rows));
      return rows.length;
    });
  }

  override async close(): Promise<void> {
    await this.query.destroy();
    await this.#relayQuery.destroy();
  }
}
