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
  /** The file that processes of another release run, beside those of this tree. */
  readonly otherProgram: string | undefined;
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
  /** What processes run, in turn: where there is another release, each start in a place is an update, or is taken back. */
  readonly #programs: readonly (string | undefined)[];
  /** Known to nginx; nobody listens there at the moment. */
  readonly #idlePorts: number[];
  /** All processes, including those that were killed: their output is read at the end. */
  readonly #everStarted = new Set<ServerProcess>();
  readonly #places: Place[] = [];
  readonly #deaths: string[] = [];

  private constructor(
    stores: SharedStores | null,
    url: string,
    { ports, env, undo, otherProgram }: Equipment,
  ) {
    this.stores = stores;
    this.url = url;
    this.#idlePorts = ports;
    this.#env = env;
    this.#undo = undo;
    this.#programs = otherProgram === undefined ? [undefined] : [otherProgram, undefined];
  }

  static async start({ setUp, isRedisDurable, otherProgram }: ClusterOptions): Promise<Cluster> {
    const count = processCounts[setUp];
    // As many again, since a process may come back elsewhere.
    const ports = await Promise.all(Array.from({ length: 2 * count }, freePort));
    const { url } = await tNginx(ports);
    const { stores, env, undo } =
      setUp === 'cluster' ? await startStores(isRedisDurable) : await makeFolder();
    const cluster = new Cluster(stores, url, {
      ...{ ports, undo, otherProgram },
      env: { ...everyEnv(), ...env },
    });
    const before = otherProgram === undefined ? undefined : cluster.#beginBefore();
    const starting = Array.from({ length: count }, async (_, index) => {
      await before;
      if (index > 0 || !before) await cluster.#addPlace(index);
    });
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
    const { port } = place.server;
    place.turn += 1;
    place.server = this.#createServer(onNewPort ? this.#idlePorts.shift()! : port, place.turn);
    if (onNewPort) this.#idlePorts.push(port);
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

  /** An update is one where there are events that clients of the other release have cursors of; else no such cursor is believed. */
  async #beginBefore(): Promise<void> {
    await this.#addPlace(0);
    const { errors } = await this.client.ask(
      'mutation { broadcastMessage(channel: "before", message: "0") { id } }',
    );
    if (errors) throw new Error(JSON.stringify(errors));
  }

  #createServer(port: number, turn: number): ServerProcess {
    const program = this.#programs[turn % this.#programs.length];
    const server = new ServerProcess(port, this.#env, program === undefined ? {} : { program });
    this.#everStarted.add(server);
    return server;
  }

  async #addPlace(turn: number): Promise<void> {
    const server = this.#createServer(this.#idlePorts.shift()!, turn);
    await server.start();
    const place = { server, isUp: true, turn };
    this.#places.push(place);
    this.#watchOver(place);
  }

  #watchOver(place: Place): void {
    const { server } = place;
    void server.ended.then((exit) => {
      if (place.server === server && place.isUp)
        this.#deaths.push(`port ${server.port}: ${JSON.stringify(exit)}`);
    });
  }
}

interface Place {
  server: ServerProcess;
  isUp: boolean;
  /** Which of the programs it runs: one more with each start. */
  turn: number;
}

interface Equipment {
  readonly ports: number[];
  readonly env: Readonly<Record<string, string>>;
  readonly undo: () => Promise<unknown>;
  readonly otherProgram: string | undefined;
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
