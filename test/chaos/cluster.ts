/** What is broken: real server processes behind nginx, with one Redis and one PostgreSQL, which are killed and replaced. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pick, type Random } from '../../src/cli/replay/random.ts';
import { tNginx } from '../support/nginx.ts';
import { tRedis, type TestRedis } from '../support/redis.ts';
import { freePort, ServerProcess } from '../support/server-process.ts';
import { PostgresPair } from './postgres-pair.ts';

/** Three processes, or one with stores of its own and SQLite. */
export type SetUp = 'cluster' | 'embedded';

const processCounts = { cluster: 3, embedded: 1 } as const;

export interface ClusterOptions {
  readonly setUp: SetUp;
  /** Whether Redis writes to the disk before it answers; otherwise it restarts empty. */
  readonly isRedisDurable: boolean;
}

/** What the processes of a cluster share. */
export interface SharedStores {
  readonly redis: TestRedis;
  readonly postgres: PostgresPair;
}

export class Cluster {
  /** Null for the embedded set-up. */
  readonly stores: SharedStores | null;
  /** That of nginx. */
  readonly url: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #undo: () => Promise<unknown>;
  /** Known to nginx; nobody listens there at the moment. */
  readonly #idlePorts: number[];
  /** All processes, including those that were killed: their output is read at the end. */
  readonly #everStarted = new Set<ServerProcess>();
  readonly #places: { server: ServerProcess; isUp: boolean }[] = [];
  readonly #deaths: string[] = [];

  private constructor(stores: SharedStores | null, url: string, { ports, env, undo }: Equipment) {
    this.stores = stores;
    this.url = url;
    this.#idlePorts = ports;
    this.#env = env;
    this.#undo = undo;
  }

  static async start({ setUp, isRedisDurable }: ClusterOptions): Promise<Cluster> {
    const count = processCounts[setUp];
    // As many again, since a process may come back elsewhere.
    const ports = await Promise.all(Array.from({ length: 2 * count }, freePort));
    const { url } = await tNginx(ports);
    const { stores, env, undo } =
      setUp === 'cluster' ? await startStores(isRedisDurable) : await makeFolder();
    const cluster = new Cluster(stores, url, { ports, env: { ...everyEnv(), ...env }, undo });
    const starting = Array.from({ length: count }, () => cluster.#addPlace());
    const started = await Promise.allSettled(starting);
    const failed = started.find((result) => result.status === 'rejected');
    if (!failed) return cluster;
    await cluster[Symbol.asyncDispose]();
    throw failed.reason;
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

  /** One of the servers that are up, as far as is known; undefined when none is. */
  pickUp(random: Random): ServerProcess | undefined {
    const [first, ...others] = this.#places.filter(({ isUp }) => isUp);
    return first && pick(random, [first, ...others]).server;
  }

  get places(): readonly { readonly server: ServerProcess; readonly isUp: boolean }[] {
    return this.#places;
  }

  /** Kills a process, or has it end in order. */
  async endServer(index: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const place = this.#places[index]!;
    place.isUp = false;
    await place.server.kill(signal);
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

  /** Starts another process in the place of one that has ended. */
  async startServer(index: number, { onNewPort }: { readonly onNewPort: boolean }): Promise<void> {
    const place = this.#places[index]!;
    if (onNewPort) {
      const { port } = place.server;
      place.server = this.#createServer();
      this.#idlePorts.push(port);
    }
    const { server } = place;
    await server.start();
    place.isUp = true;
    this.#watchOver(place);
  }

  /** Processes that exited without being killed, and how they exited. */
  get deaths(): readonly string[] {
    return this.#deaths;
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

  #createServer(): ServerProcess {
    const server = new ServerProcess(this.#idlePorts.shift()!, this.#env);
    this.#everStarted.add(server);
    return server;
  }

  async #addPlace(): Promise<void> {
    const server = this.#createServer();
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

interface Equipment {
  readonly ports: number[];
  readonly env: Readonly<Record<string, string>>;
  readonly undo: () => Promise<unknown>;
}

const everyEnv = () => ({
  NODE_ENV: 'test',
  HOST: '127.0.0.1',
  RATE_LIMIT_SCALE: '0',
  SHUTDOWN_DRAIN_MS: '500',
  EVENT_STREAM_TICKETS: 'url',
  // On a busy machine a client may need minutes to come back; nothing may be missed for that.
  RESUME_WINDOW_MS: '600000',
  TRUST_PROXY: '127.0.0.1',
  JWT_SECRET: randomBytes(32).toString('hex'),
});

async function startStores(isRedisDurable: boolean) {
  const redis = await tRedis({ appendonly: isRedisDurable });
  try {
    const postgres = await PostgresPair.start();
    const env = { REDIS_URL: redis.url, DATABASE_URL: postgres.url };
    return { stores: { redis, postgres }, env, undo: () => Promise.all([redis.stop(), postgres.stop()]) };
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

async function makeFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'dispatch-'));
  return { stores: null, env: { DATA_DIR: folder }, undo: () => rm(folder, { recursive: true }) };
}
