/** The shared database: PostgreSQL, through a pool of connections. */
import { Kysely, PostgresDialect, sql } from 'kysely';
import { systemClock, type Clock } from '../../lib/clock.ts';
import { parsePostgresUrl } from '../../lib/addresses/postgres-url.ts';
import { SettingError } from '../../lib/setting-error.ts';
import type { Logger } from '../../observability/log.ts';
import { Change } from '../change.ts';
import { ChangeSlots } from './change-slots.ts';
import { Database, type ChangeOptions, type HandOver } from '../database.ts';
import { migrate } from '../migrate.ts';
import type { SessionSettings } from './postgres-client.ts';
import { PostgresHosts } from './postgres-hosts.ts';
import { createPostgresPool } from './postgres-pool.ts';
import { relayInTurn, RelayTurns } from '../relay-turn.ts';
import { isRefusal, mayRunAgain } from '../store-failures.ts';
import type { Tables } from '../tables.ts';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with libpq's parameters, and with several hosts (see parsePostgresUrl). */
  readonly url: string;
  /** Certificates of the authorities to trust, PEM: the server must then show a certificate of theirs for its host. */
  readonly ca?: string | null;
  readonly log: Logger;
  readonly clock?: Clock;
  /** The largest number of connections, the relay's among them; below 2 it is 2. */
  readonly maxConnections: number;
  /** How long a connection is used, milliseconds, so that what moved is found. */
  readonly maxConnectionAgeMs: number;
  /** How long to wait for a connection, milliseconds. Default 5000. */
  readonly connectTimeoutMs?: number;
  /** How long a statement may take, with its wait for locks, milliseconds. Default 10,000. Migrations may take any time. */
  readonly statementTimeoutMs?: number;
  /** How long to wait for a lock, milliseconds. Default 3000: shorter than anybody waits for a connection. */
  readonly lockTimeoutMs?: number;
  /** After how long a transaction that does nothing is ended, milliseconds, so that a process that stands still holds no locks. Default 5000. */
  readonly idleTransactionTimeoutMs?: number;
}

type Options = Required<PostgresOptions> & { readonly hosts: PostgresHosts };

/**
 * Connects to PostgreSQL and brings it to the newest schema.
 *
 * @throws Unavailable when it cannot be reached, or accepts no writes, at the moment
 * @throws PostgresUrlError when it is no URL of one
 * @throws SettingError when nothing but another configuration, or another database, will do
 */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const address = parsePostgresUrl(options.url);
  const all: Options = {
    clock: systemClock,
    ca: null,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 10_000,
    lockTimeoutMs: 3_000,
    idleTransactionTimeoutMs: 5_000,
    ...options,
    hosts: new PostgresHosts(address, options.ca ?? null),
  };
  try {
    await prepareDatabase(all);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (!(cause instanceof Error) || !isRefusal(cause)) throw error;
    throw new SettingError(
      'DATABASE_URL',
      `leads to ${address.shown}, which refuses this service: ${cause.message}`,
      cause,
    );
  }
  return new PostgresDatabase(all);
}

/** On a connection of its own without a time-out, since another process may be taking a long step. */
async function prepareDatabase(options: Options): Promise<void> {
  const patient = { statementTimeoutMs: 0, lockTimeoutMs: 0, idleTransactionTimeoutMs: 0 };
  const query = createQuery({ ...options, ...patient }, 1);
  try {
    await ensureEncoding(query);
    await migrate(query, 'postgres');
  } finally {
    await query.destroy();
  }
}

/** Any other encoding lacks characters that people write. */
async function ensureEncoding(query: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ name: string; encoding: string }>`
    select current_database() as name, current_setting('server_encoding') as encoding`.execute(query);
  const { name, encoding } = rows[0]!;
  if (encoding === 'UTF8') return;
  throw new SettingError(
    'DATABASE_URL',
    `leads to the database ${name}, which has the encoding ${encoding}, in which not every text can be kept. ` +
      `Create one with UTF8: create database ${name} encoding 'UTF8' template template0`,
  );
}

/** Beyond the server's own time-out: a server that says nothing by then is gone. */
const answerMarginMs = 5_000;

function createQuery(options: Options, max: number, settings: SessionSettings = {}): Kysely<Tables> {
  const { statementTimeoutMs, lockTimeoutMs, idleTransactionTimeoutMs, maxConnectionAgeMs } = options;
  const pool = createPostgresPool({
    ...options,
    max,
    maxAgeMs: maxConnectionAgeMs,
    answerTimeoutMs: statementTimeoutMs && statementTimeoutMs + answerMarginMs,
    settings: {
      statement_timeout: statementTimeoutMs,
      lock_timeout: lockTimeoutMs,
      idle_in_transaction_session_timeout: idleTransactionTimeoutMs,
      // For statements outside of transactions.
      default_transaction_isolation: 'read committed',
      ...settings,
    },
  });
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

class PostgresDatabase extends Database {
  /** On a connection of its own, so that the relay does not wait for one of the pool. */
  readonly #relayQuery: Kysely<Tables>;
  readonly #turns: RelayTurns;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #slots: ChangeSlots;

  constructor(options: Options) {
    const { clock, log, maxConnections, connectTimeoutMs: maxWaitMs } = options;
    const max = Math.max(1, maxConnections - 1);
    super('postgres', createQuery(options, max));
    // A crash of the server may lose marks, and turns: events are then relayed again, under the next turn, with the same ids.
    this.#relayQuery = createQuery(options, 1, { synchronous_commit: 'off' });
    this.#turns = new RelayTurns(this.#relayQuery);
    this.#clock = clock;
    this.#log = log;
    // Where many changes wait for one row, a quarter of the connections still answers those who read.
    this.#slots = new ChangeSlots({ clock, maxWaitMs, max: max - Math.floor(max / 4) });
  }

  protected override async make<T>(
    run: (change: Change) => Promise<T>,
    { isKeyed = false }: ChangeOptions = {},
  ): Promise<T> {
    const once = () =>
      this.query.transaction().execute(async (query) => {
        const change = new Change(query, this.kind);
        return { value: await run(change), wroteEvents: change.wroteEvents };
      });
    const { value, wroteEvents } = await this.#slots.run(() =>
      once().catch((error: unknown) => {
        if (!mayRunAgain(error, isKeyed)) throw error;
        this.#log.debug({ err: error }, 'a change is made once more');
        return once();
      }),
    );
    if (wroteEvents) this.announceEvents();
    return value;
  }

  override async readTime(): Promise<number> {
    const { rows } = await sql<{ time: number }>`
      select extract(epoch from clock_timestamp())::float8 * 1000 as time`.execute(this.query);
    return rows[0]!.time;
  }

  override relay(limit: number, handOver: HandOver): Promise<number | null> {
    return relayInTurn({ turns: this.#turns, limit, handOver, clock: this.#clock });
  }

  override async close(): Promise<void> {
    await this.query.destroy();
    await this.#relayQuery.destroy();
  }
}
