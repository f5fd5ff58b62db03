/** A PostgreSQL with a standby, behind one address: it can crash, and it can fail over. */
import pg from 'pg';
import { tCutProxy, type CutProxy } from '../support/cut-proxy.ts';
import { tPostgres, type TestPostgres } from '../support/postgres.ts';

export class PostgresPair {
  readonly #address: CutProxy;
  #primary: TestPostgres;
  #standby: TestPostgres | null;

  private constructor(address: CutProxy, primary: TestPostgres, standby: TestPostgres) {
    this.#address = address;
    this.#primary = primary;
    this.#standby = standby;
  }

  static async start(): Promise<PostgresPair> {
    const primary = await tPostgres();
    try {
      return new PostgresPair(await tCutProxy(primary.url), primary, await primary.standby());
    } catch (error) {
      await primary.stop();
      throw error;
    }
  }

  get url(): string {
    const url = new URL(this.#primary.url);
    url.host = this.#address.host;
    return url.href;
  }

  /** Ends the primary at once; `restart` starts it again. */
  kill(): Promise<void> {
    return this.#primary.kill();
  }

  restart(): Promise<void> {
    return this.#primary.restart();
  }

  /**
   * Has the standby take over with all that was committed, then starts a new one. Resolves with false, and does nothing, when
   * the standby is not up to date, as after a crash of the primary.
   */
  async failOver(): Promise<boolean> {
    const standby = this.#standby;
    if (!standby || !(await this.#isFollowed())) return false;
    this.#standby = null;
    // A primary that is stopped in order has sent everything to those who follow it.
    await this.#primary.stop();
    this.#primary = standby;
    await standby.run('select pg_promote()');
    this.#address.leadTo(standby.url);
    this.#standby = await standby.standby();
    return true;
  }

  async stop(): Promise<void> {
    await this.#standby?.stop();
    await this.#primary.stop();
  }

  async #isFollowed(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.#primary.url });
    await client.connect();
    const sql = `select 1 from pg_stat_replication where state = 'streaming'`;
    const { rowCount } = await client.query(sql).finally(() => client.end());
    return rowCount === 1;
  }
}
