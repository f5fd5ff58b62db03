/** The connections of a process to Redis: makes them, says what commands do while it is away, and closes them. */
import { createHash } from 'node:crypto';
import { Cluster } from 'ioredis';
import { systemClock } from '../lib/clock.ts';
import { within } from '../lib/deadline.ts';
import { clientFailureOf } from '../lib/failures/driver-failures.ts';
import type { Logger } from '../observability/log.ts';
import { parseRedisAddress } from '../lib/addresses/redis-address.ts';
import { Unavailable } from '../lib/unavailable.ts';
import { createClient, type ClientOptions, type RedisClient, type RedisSecurity } from './redis-client.ts';

export interface RedisConnectionsOptions {
  /** As `parseRedisAddress` reads it. */
  readonly url: string;
  readonly security?: RedisSecurity;
  /** Every key and channel begins with it, so that several services can share a Redis. */
  readonly keyPrefix: string;
  /** The names that `CLIENT LIST` shows begin with it. */
  readonly name: string;
  /** How long a command may take, including its wait for a connection, milliseconds. Default 2000. */
  readonly commandTimeoutMs?: number;
  /** What takes the place of the server's time in scripts, milliseconds: for tests, which move time by hand. */
  readonly serverTime?: () => number;
  readonly log: Logger;
}

const defaultCommandTimeoutMs = 2_000;
const quitTimeoutMs = 1_000;
/** How often the time of a command may pass before the connection is given up on which nothing comes. */
const silentCommands = 2.5;

/**
 * The connections of one process, shared by its stores. Each of them comes back by itself when Redis was away. Whoever made
 * them closes them, after the stores.
 */
export class RedisConnections {
  /**
   * In a short outage a command waits; in a longer one it rejects after at most `commandTimeoutMs`. A command that was
   * rejected may have been executed, or may yet be: send only what may happen twice.
   */
  readonly commands: RedisClient;
  /** Holds the subscriptions and makes them again after an outage. Its commands wait until the outage is over. */
  readonly subscriber: RedisClient;
  /** Its commands reject at once while Redis is away: for callers that have something to fall back on. */
  readonly failFast: RedisClient;
  /** Whether Redis is a cluster: keys lie on several nodes, and channels should be sharded ones, which do so too. */
  readonly isCluster: boolean;
  readonly #keyPrefix: string;
  readonly #serverTime: (() => number) | undefined;

  constructor({
    url,
    security = {},
    keyPrefix,
    name,
    commandTimeoutMs = defaultCommandTimeoutMs,
    serverTime,
    log,
  }: RedisConnectionsOptions) {
    this.#keyPrefix = keyPrefix;
    this.#serverTime = serverTime;
    const target = { address: parseRedisAddress(url), security };
    const socketTimeout = silentCommands * commandTimeoutMs;
    const create = (role: string, options: Omit<ClientOptions, 'connectionName' | 'socketTimeout'>) =>
      createClient(
        target,
        { ...options, connectionName: `${name}:${role}`, socketTimeout },
        log.child({ redis: role }),
      );
    this.commands = create('commands', { commandTimeout: commandTimeoutMs, maxRetriesPerRequest: 1 });
    this.subscriber = create('subscriber', { maxRetriesPerRequest: null, shardedSubscribers: true });
    this.isCluster = this.subscriber instanceof Cluster;
    this.failFast = create('fail-fast', {
      commandTimeout: commandTimeoutMs / 4,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
    });
  }

  get #clients(): RedisClient[] {
    return [this.commands, this.subscriber, this.failFast];
  }

  /**
   * What a script is told of the time. `null`: it takes the server's own, which all processes share, and which is not that of any
   * of them.
   */
  get serverTime(): number | null {
    return this.#serverTime?.() ?? null;
  }

  /** The full name of a key or channel. */
  key(name: string): string {
    return this.#keyPrefix + name;
  }

  /** Resolves to whether all connections are there before `timeoutMs` have passed. Stores may be used without that. */
  ready(timeoutMs: number): Promise<boolean> {
    const ready = Promise.all(this.#clients.map(becomeReady));
    return within(systemClock, timeoutMs, 'Connecting to Redis', ready).then(
      () => true,
      () => false,
    );
  }

  /** What time it is there, milliseconds since the Unix epoch. Rejects with `Unavailable`. */
  async readTime(): Promise<number> {
    const [seconds, microseconds] = await reach('Redis', () => this.commands.time());
    return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  }

  /** Calls `listener` each time that commands can be sent again after an outage. The returned function removes it. */
  onReconnect(listener: () => void): () => void {
    this.commands.on('ready', listener);
    return () => this.commands.off('ready', listener);
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map(closeClient));
  }
}

/** A Lua script whose text is sent once; later calls send its hash. Keys are full names, all in one slot. */
export function createScript(lua: string) {
  const hash = createHash('sha1').update(lua).digest('hex');
  return async (
    client: RedisClient,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> => {
    try {
      return await client.evalsha(hash, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return client.eval(lua, keys.length, ...keys, ...args);
    }
  };
}

/** Uses Redis for a store; `what` is its name. Rejects with `Unavailable` when Redis cannot be reached, or cannot serve at the moment. */
export async function reach<T>(what: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    const { isTransient, retryAfterMs } = clientFailureOf(error);
    // A command that Redis refuses for good is a mistake of this service, not an outage.
    throw isTransient ? new Unavailable(what, error, { retryAfterMs }) : error;
  }
}

async function becomeReady(client: RedisClient): Promise<void> {
  if (client.status !== 'ready') await new Promise((resolve) => client.once('ready', resolve));
}

async function closeClient(client: RedisClient): Promise<void> {
  // A server that does not answer, or whose connection breaks meanwhile, is left all the same.
  if (client.status === 'ready')
    await within(systemClock, quitTimeoutMs, 'QUIT', client.quit()).catch(() => undefined);
  client.disconnect();
}
