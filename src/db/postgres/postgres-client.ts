/** A connection to PostgreSQL as the pool opens it: to the host that is chosen, and with time-outs that hold. */
import pg from 'pg';
import type { PostgresHosts } from './postgres-hosts.ts';

/** Parameters of a session by their names, such as `lock_timeout`. The values are ours: they are not escaped. */
export type SessionSettings = Readonly<Record<string, string | number>>;

/** Of the hosts that may be used, none accepts writes. */
export class ReadOnlyServer extends Error {
  /** That of a write which such a server refuses. */
  readonly code = '25006';
  readonly severity = 'ERROR';
}

/** Opened by `pg.Pool`, which calls the constructor and `connect`. */
export class PostgresClient extends pg.Client {
  readonly #hosts: PostgresHosts;
  readonly #url: string;
  /** See PostgresHosts. */
  readonly generation: number;
  /**
   * Whether a pooler stands between, such as pgbouncer: then statements of one client may run in different sessions, and what
   * was set in one is lost or left to others. It must be set in each transaction.
   */
  isPooled = false;

  constructor(config: pg.ClientConfig, hosts: PostgresHosts) {
    const tls = hosts.ca === null ? {} : { ssl: { ca: hosts.ca } };
    super({ ...config, ...tls, connectionString: hosts.url });
    this.#hosts = hosts;
    this.#url = hosts.url;
    this.generation = hosts.generation;
  }

  override connect(): Promise<this>;
  override connect(callback: (error: Error | null) => void): void;
  override connect(callback?: (error: Error | null) => void): Promise<this> | void {
    const failed = (error: Error | null): void => {
      if (error) this.#hosts.failed(this.#url);
    };
    if (callback !== undefined)
      return super.connect((error: Error | null) => {
        failed(error);
        callback(error);
      });
    return super.connect().then(
      () => this,
      (error: Error) => {
        failed(error);
        throw error;
      },
    );
  }

  /**
   * Sets what holds for the whole session, and looks who is there. Not as parameters of the start: pgbouncer refuses those that
   * it does not know, or ignores them.
   *
   * @throws ReadOnlyServer where another host may accept writes
   */
  async prepare(settings: SessionSettings): Promise<void> {
    // A pooler invents the process id that it gives its clients.
    const { processID } = this as unknown as { processID: number };
    const set = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', false)`);
    const { rows } = await this.query<{ direct: boolean; readonly: boolean }>(
      `select pg_backend_pid() = ${processID} as direct, current_setting('transaction_read_only') = 'on' as readonly,
        case when pg_backend_pid() = ${processID} then concat(${set.join(', ')}) end`,
    );
    const { direct, readonly } = rows[0]!;
    this.isPooled = !direct;
    if (!readonly || !this.#hosts.mustBeWritable) return;
    this.#hosts.failed(this.#url);
    throw new ReadOnlyServer('The server accepts no writes.');
  }
}
