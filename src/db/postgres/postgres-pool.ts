/** Connections to PostgreSQL that survive failovers, and go through poolers. */
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg from 'pg';
import type { Logger } from '../../observability/log.ts';
import { PostgresClient, type SessionSettings } from './postgres-client.ts';
import type { PostgresHosts } from './postgres-hosts.ts';
import { driverFailureOf, isRolledBack } from '../../lib/failures/driver-failures.ts';
import { mayRunAgain, outcomeUnknown, storeError } from '../store-failures.ts';

export interface PoolOptions {
  readonly hosts: PostgresHosts;
  readonly log: Logger;
  /** The largest number of connections. */
  readonly max: number;
  /** How long to wait for a connection, milliseconds. */
  readonly connectTimeoutMs: number;
  /** How long a connection is used, milliseconds. */
  readonly maxAgeMs: number;
  /** How long to wait for the answer to a statement, milliseconds, where the server does not say by itself that it took too long. 0: for ever. */
  readonly answerTimeoutMs: number;
  /** What holds in each session, or in each transaction where a pooler stands between. */
  readonly settings: SessionSettings;
}

/** A pool for Kysely. All of its errors have been through `storeError`. */
export function createPostgresPool(options: PoolOptions): PostgresPool {
  const { hosts } = options;
  const pool = createPool(options);

  /** A connection that is not older than the last failover. */
  async function acquire(): Promise<PostgresClient & pg.PoolClient> {
    for (;;) {
      const client = (await pool.connect()) as PostgresClient & pg.PoolClient;
      if (client.generation === hosts.generation) return client;
      client.release(true);
    }
  }

  /** Tries each host once, beginning with that which served last. */
  async function connect(): Promise<PostgresPoolClient> {
    for (let attempt = 1; ; attempt += 1) {
      const { moves } = hosts;
      try {
        return new PooledConnection(await acquire(), options, acquire);
      } catch (error) {
        // Whatever it was: with no connection, it is not the caller's statement that is wrong.
        if (attempt >= hosts.count || moves === hosts.moves)
          throw storeError(error, { ...driverFailureOf(error), isTransient: true });
      }
    }
  }

  return { connect, end: () => pool.end(), options: pool.options };
}

function createPool(options: PoolOptions): pg.Pool {
  const { hosts, log, max, connectTimeoutMs, maxAgeMs, answerTimeoutMs, settings } = options;
  const types = new pg.TypeOverrides();
  // Ids and counts stay below 2^53.
  types.setTypeParser(pg.types.builtins.INT8, Number);
  class Client extends PostgresClient {
    constructor(config: pg.ClientConfig) {
      super(config, hosts);
    }
  }
  const pool = new pg.Pool({
    Client: Client as unknown as new () => PostgresClient,
    // The pool waits for it, though its type says otherwise.
    // eslint-disable-next-line @typescript-eslint/no-misused-promises
    onConnect: (client) => (client as PostgresClient).prepare(settings),
    application_name: 'dispatch-subgraph',
    max,
    types,
    keepAlive: true,
    connectionTimeoutMillis: connectTimeoutMs,
    maxLifetimeSeconds: maxAgeMs / 1_000,
    query_timeout: answerTimeoutMs,
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

/** A connection for as long as somebody has it. */
class PooledConnection implements PostgresPoolClient {
  #client: PostgresClient & pg.PoolClient;
  readonly #options: PoolOptions;
  /** Undefined when another connection was taken already. */
  #acquireAnother: (() => Promise<PostgresClient & pg.PoolClient>) | undefined;
  #isInTransaction = false;
  /** What a connection that is gone has said last. */
  #lastWords: Error | undefined;
  #isToBeClosed = false;

  constructor(
    client: PostgresClient & pg.PoolClient,
    options: PoolOptions,
    acquireAnother: () => Promise<PostgresClient & pg.PoolClient>,
  ) {
    this.#client = client;
    this.#options = options;
    this.#acquireAnother = acquireAnother;
  }

  get processID(): number {
    return (this.#client as unknown as { processID: number }).processID;
  }

  get #begin(): string {
    // Whatever is the default of the database or of its user: locks are waited for, and what others committed is seen then.
    const begin = 'begin isolation level read committed';
    if (!this.#client.isPooled) return begin;
    const set = Object.entries(this.#options.settings).map(
      ([name, value]) => `; set local ${name} = '${value}'`,
    );
    return `${begin}${set.join('')}`;
  }

  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query(cursor: never): never;
  async query<R>(sql: string, parameters: readonly unknown[] = []): Promise<PostgresQueryResult<R>> {
    if (this.#lastWords) {
      // Its transaction has ended with it. Whoever rolls back has an error that says more.
      if (sql === 'rollback') return { command: 'ROLLBACK', rowCount: 0, rows: [] };
      throw this.#lastWords;
    }
    try {
      return await this.#send(sql, parameters);
    } catch (error) {
      const met = this.#note(error, sql === 'commit');
      const isRead = !this.#isInTransaction && sql.startsWith('select');
      if (!isRead || !mayRunAgain(met, false) || !(await this.#takeAnother())) throw met;
      return this.query<R>(sql, parameters);
    }
  }

  /** In place of one that was cut while nobody used it. Resolves with false where that was done before. */
  async #takeAnother(): Promise<boolean> {
    const acquire = this.#acquireAnother;
    if (!acquire) return false;
    this.#acquireAnother = undefined;
    // What cut this one has cut others, too, that were idle for as long: the next one is new.
    this.#options.hosts.retire(this.#client.generation);
    try {
      const another = await acquire();
      this.#client.release(true);
      this.#client = another;
    } catch (error) {
      throw storeError(error, { ...driverFailureOf(error), isTransient: true });
    }
    this.#isToBeClosed = false;
    this.#lastWords = undefined;
    return true;
  }

  release(destroy = false): void {
    this.#client.release(destroy || this.#isToBeClosed);
  }

  async #send<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    if (sql === 'begin') {
      await this.#client.query(this.#begin);
      this.#isInTransaction = true;
      return { command: 'SELECT', rowCount: 0, rows: [] };
    }
    if (this.#isInTransaction || !this.#client.isPooled) {
      if (sql === 'commit' || sql === 'rollback') this.#isInTransaction = false;
      return this.#sendAlone(sql, parameters);
    }
    await this.#client.query(this.#begin);
    try {
      const result = await this.#sendAlone<R>(sql, parameters);
      await this.#client.query('commit');
      return result;
    } catch (error) {
      // The error of the statement says more than that of a rollback on a connection that is gone.
      await this.#client.query('rollback').catch(() => (this.#isToBeClosed = true));
      throw error;
    }
  }

  async #sendAlone<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    return (await this.#client.query(sql, [...parameters])) as unknown as PostgresQueryResult<R>;
  }

  /** Remembers what an error means for the connection. Returns what the caller gets. */
  #note(error: unknown, isCommit: boolean): unknown {
    const failure = driverFailureOf(error);
    const met = isCommit && !isRolledBack(error) ? outcomeUnknown(error) : storeError(error, failure);
    if (failure.connection === 'kept') return met;
    this.#isToBeClosed = true;
    if (failure.connection === 'all closed') this.#options.hosts.retire(this.#client.generation);
    if ((error as { severity?: unknown }).severity !== 'ERROR') this.#lastWords = met as Error;
    return met;
  }
}
