/** The cluster that is broken: real server processes with one Redis and one PostgreSQL, which are killed and replaced. */
import { randomBytes } from 'node:crypto';
import { pick, type Random } from '../../src/cli/replay/random.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { freePort, ServerProcess } from '../support/server-process.ts';
import { PostgresPair } from './postgres-pair.ts';

const processCount = 3;

export interface ClusterOptions {
  /** Whether Redis writes to the disk before it answers; otherwise it restarts empty. */
  readonly isRedisDurable: boolean;
}

export class Cluster {
  readonly redis: TestRedis;
  readonly postgres: PostgresPair;
  readonly #env: Readonly<Record<string, string>>;
  readonly #undo: () => Promise<unknown>;
  /** All processes, including those that were killed: their output is read at the end. */
  readonly #everStarted = new Set<ServerProcess>();
  readonly #places: { server: ServerProcess; isUp: boolean }[] = [];
  readonly #deaths: string[] = [];

  private constructor(
    redis: TestRedis,
    postgres: PostgresPair,
    env: Record<string, string>,
    undo: () => Promise<unknown>,
  ) {
    this.redis = redis;
    this.postgres = postgres;
    this.#env = env;
    this.#undo = undo;
  }

  static async start({ isRedisDurable }: ClusterOptions): Promise<Cluster> {
    const redis = await tRedis({ appendonly: isRedisDurable });
    try {
      const postgres = await PostgresPair.start();
      const env = {
        NODE_ENV: 'test',
        HOST: '127.0.0.1',
        RATE_LIMIT_SCALE: '0',
        SHUTDOWN_DRAIN_MS: '0',
        JWT_SECRET: randomBytes(32).toString('hex'),
        REDIS_URL: redis.url,
        DATABASE_URL: postgres.url,
      };
      const undo = () => Promise.all([redis.stop(), postgres.stop()]);
      const cluster = new Cluster(redis, postgres, env, undo);
      const starting = Array.from({ length: processCount }, () => cluster.#addPlace());
      const started = await Promise.allSettled(starting);
      const failed = started.find((result) => result.status === 'rejected');
      if (!failed) return cluster;
      await cluster[Symbol.asyncDispose]();
      throw failed.reason;
    } catch (error) {
      await redis.stop();
      throw error;
    }
  }

  /** A token that every process accepts. */
  token(sub: string, role = 'dispatcher'): Promise<string> {
    return this.#places[0]!.server.client.token({ sub, role });
  }

  /** Any of the known servers; it may be down. */
  pickServer(random: Random): ServerProcess {
    const [first, ...others] = this.#places;
    return pick(random, [first!, ...others]).server;
  }

  /** One of the servers that are up, as far as is known. */
  pickUp(random: Random): ServerProcess {
    const [first, ...others] = this.#places.filter(({ isUp }) => isUp);
    if (!first) throw new Error('No process is up.');
    return pick(random, [first, ...others]).server;
  }

  get places(): readonly { readonly server: ServerProcess; readonly isUp: boolean }[] {
    return this.#places;
  }

  /** Kills a process. */
  async killServer(index: number): Promise<void> {
    const place = this.#places[index]!;
    place.isUp = false;
    await place.server.kill('SIGKILL');
  }

  /** Stops a process where it stands, with all that it has begun; `thawServer` lets it go on as if nothing had happened. */
  freezeServer(index: number): void {
    const place = this.#places[index]!;
    place.isUp = false;
    place.server.signal('SIGSTOP');
  }

  thawServer(index: number): void {
    const place = this.#places[index]!;
    place.server.signal('SIGCONT');
    place.isUp = true;
  }

  /** Starts another process in the place of one that was killed. */
  async startServer(index: number, { onNewPort }: { readonly onNewPort: boolean }): Promise<void> {
    const place = this.#places[index]!;
    const server = onNewPort ? await this.#createServer() : place.server;
    await server.start();
    place.server = server;
    place.isUp = true;
    this.#watchOver(place);
  }

  /** Processes that exited without being killed, and how they exited. */
  get deaths(): readonly string[] {
    return this.#deaths;
  }

  /** Gaps in followed topics, summed over the processes that are alive. */
  async readGaps(): Promise<{ readonly healed: number; readonly lost: number }> {
    const readings = this.#places.flatMap(({ server: { client } }) =>
      (['healed', 'lost'] as const).map(async (outcome) => ({
        outcome,
        count: await client.metric(`dispatch_event_log_gaps_total{outcome="${outcome}"}`),
      })),
    );
    const gaps = { healed: 0, lost: 0 };
    for (const { outcome, count } of await Promise.all(readings)) gaps[outcome] += count;
    return gaps;
  }

  /** Everything that any process has printed. */
  *lines(): Iterable<string> {
    for (const { lines } of this.#everStarted) yield* lines;
  }

  /** Sends requests to the first process. */
  get client() {
    return this.#places[0]!.server.client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const place of this.#places) place.isUp = false;
    await Promise.all([...this.#everStarted].map((server) => server.kill('SIGKILL')));
    await this.#undo();
  }

  async #createServer(): Promise<ServerProcess> {
    const server = new ServerProcess(await freePort(), this.#env);
    this.#everStarted.add(server);
    return server;
  }

  async #addPlace(): Promise<void> {
    const server = await this.#createServer();
    await server.start();
    const place = { server, isUp: true };
    this.#places.push(place);
    this.#watchOver(place);
  }

  #watchOver(place: { server: ServerProcess; isUp: boolean }): void {
    const { server } = place;
    void server.ended.then((exit) => {
      if (place.server === server && place.isUp)
        this.#deaths.push(`port ${server.port}: ${JSON.stringify(exit)}`);
    });
  }
}
