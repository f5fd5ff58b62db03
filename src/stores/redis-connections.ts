/** Owns the connections to Redis: how they are made, what commands do while it is away, how they are closed. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import type { Logger } from '../observability/log.ts';
import { StoreUnavailable } from './unavailable.ts';

export type RedisClient = Redis | Cluster;

export interface RedisConnectionsOptions {
  /** `redis://` or `rediss://`. Several nodes, comma-separated, are a cluster. */
  readonly url: string;
  /** Begins every key and channel, so that services can share a Redis. */
  readonly keyPrefix: string;
  /** Begins the names that `CLIENT LIST` shows. */
  readonly name: string;
  /** Longest time that a command may take, waiting for a connection included, milliseconds. Default 2000. */
  readonly commandTimeoutMs?: number;
  readonly log: Logger;
}

const defaultCommandTimeoutMs = 2_000;
const maxRetryDelayMs = 500;
const quitTimeoutMs = 1_000;
/** The client holds the process this long when it is closed while it has no connection. */
const disconnectTimeoutMs = 500;

/**
 * The connections of one process, shared by its stores. None of them ends the process when Redis is away; each comes
 * back by itself. Whoever made them closes them, after the stores.
 */
export class RedisConnections {
  /**
   * Bridges an outage of a moment; in a longer one a command rejects within `commandTimeoutMs`. A command that was
   * rejected may still have taken effect, or take effect later: send only what may happen twice.
   */
  readonly commands: RedisClient;
  /** Holds the subscriptions and makes them again after an outage. Its commands wait as long as that takes. */
  readonly subscriber: RedisClient;
  /** Rejects at once while Redis is away, for what has something to fall back on. */
  readonly failFast: RedisClient;
  /** Whether keys and channels are spread over several nodes. Channels of such a Redis are to be sharded as well. */
  readonly isCluster: boolean;
  readonly #keyPrefix: string;

  constructor({
    url,
    keyPrefix,
    name,
    commandTimeoutMs = defaultCommandTimeoutMs,
    log,
  }: RedisConnectionsOptions) {
    this.#keyPrefix = keyPrefix;
    const create = (role: string, options: Omit<ClientOptions, 'connectionName'>) =>
      createClient(url, { ...options, connectionName: `${name}:${role}` }, log.child({ redis: role }));
    this.commands = create('commands', { commandTimeout: commandTimeoutMs, maxRetriesPerRequest: 1 });
    this.subscriber = create('subscriber', { maxRetriesPerRequest: null, shardedSubscribers: true });
    this.isCluster = this.subscriber instanceof Cluster;
    this.failFast = create('impatient', {
      commandTimeout: commandTimeoutMs / 4,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
    });
  }

  get #clients(): RedisClient[] {
    return [this.commands, this.subscriber, this.failFast];
  }

  /** The full name of a key or channel. */
  key(name: string): string {
    return this.#keyPrefix + name;
  }

  /** Whether all connections stand within `timeoutMs`. Stores may be used before, as in an outage. */
  ready(timeoutMs: number): Promise<boolean> {
    return within(timeoutMs, Promise.all(this.#clients.map(becomeReady)));
  }

  /** Calls back when commands can be sent again after an outage. Returns the undo. */
  onReconnect(listener: () => void): () => void {
    this.commands.on('ready', listener);
    return () => this.commands.off('ready', listener);
  }

  /** Rejects when Redis does not answer. */
  async ping(): Promise<void> {
    await this.commands.ping();
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map(closeClient));
  }
}

/** A Lua script that travels once and is then called by its hash. Keys are full names, all in one slot. */
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

/** Replies by which a server says that it can't serve just now. */
const notNow = /^(LOADING|CLUSTERDOWN|MASTERDOWN|READONLY|TRYAGAIN|BUSY) /;

/** Uses Redis for a store that is named `what`; rejects with StoreUnavailable when Redis can't be reached. */
export async function reach<T>(what: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    // What Redis refuses is a mistake of ours, not an outage.
    if (error instanceof Error && error.name === 'ReplyError' && !notNow.test(error.message)) throw error;
    throw new StoreUnavailable(what, error);
  }
}

/** What the connections of one process differ in. */
interface ClientOptions {
  readonly connectionName: string;
  readonly commandTimeout?: number;
  readonly maxRetriesPerRequest: number | null;
  readonly enableOfflineQueue?: boolean;
  /** Of a cluster: whether it may SSUBSCRIBE, with a connection of its own to each master that holds a channel. */
  readonly shardedSubscribers?: boolean;
}

function createClient(url: string, options: ClientOptions, log: Logger): RedisClient {
  const nodes = url.split(',').map((node) => node.trim());
  const client = nodes.length > 1 ? createCluster(nodes, options) : createSingle(url, options);
  reportOutages(client, log);
  return client;
}

const retryStrategy = (times: number) =>
  Math.min(2 ** Math.min(times, 10) * 25, maxRetryDelayMs) + Math.random() * 50;

/** A failover behind one address leaves us on a replica: connect again, and repeat the command there. */
const reconnectOnError = (error: Error) => (error.message.startsWith('READONLY') ? 2 : false);

function createSingle(url: string, options: ClientOptions): Redis {
  const client = new Redis(url, {
    ...options,
    disconnectTimeout: disconnectTimeoutMs,
    retryStrategy,
    reconnectOnError,
  });
  // After an outage the client subscribes again by itself and looks after nobody's promise: closed in that moment, it
  // would end the process.
  const subscribe = client.subscribe.bind(client) as (...channels: unknown[]) => Promise<unknown>;
  const subscribeHandled = (...channels: unknown[]) => {
    const subscribed = subscribe(...channels);
    subscribed.catch(() => {});
    return subscribed;
  };
  return Object.assign(client, { subscribe: subscribeHandled });
}

function createCluster(urls: readonly string[], options: ClientOptions): Cluster {
  const { enableOfflineQueue = true, shardedSubscribers = false, ...nodeOptions } = options;
  const scheme = urls[0]?.match(/^rediss?:\/\//)?.[0] ?? 'redis://';
  const nodes = urls.map((url) => new URL(url.includes('://') ? url : scheme + url));
  const [{ username = '', password = '', protocol = '' } = {}] = nodes;
  return new Cluster(
    nodes.map(({ hostname, port }) => ({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 6379),
    })),
    {
      // What the cluster client itself queues has no timeout: only the subscriber's commands may wait there.
      enableOfflineQueue: enableOfflineQueue && options.commandTimeout === undefined,
      ...(!enableOfflineQueue && { retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 }),
      clusterRetryStrategy: retryStrategy,
      clusterNodeRetryStrategy: retryStrategy,
      slotsRefreshInterval: 5_000,
      shardedSubscribers,
      redisOptions: {
        ...nodeOptions,
        disconnectTimeout: disconnectTimeoutMs,
        ...(username && { username: decodeURIComponent(username) }),
        ...(password && { password: decodeURIComponent(password) }),
        ...(protocol === 'rediss:' && { tls: {} }),
      },
    },
  );
}

/** Without a listener an `error` ends up on the console; with one line each attempt would be one. */
function reportOutages(client: RedisClient, log: Logger): void {
  let isDown = false;
  client.on('error', (error: Error) => {
    if (!isDown) log.warn({ err: error }, 'Redis is away');
    isDown = true;
  });
  client.on('ready', () => {
    if (isDown) log.info('Redis is back');
    isDown = false;
  });
}

async function becomeReady(client: RedisClient): Promise<void> {
  if (client.status !== 'ready') await new Promise((resolve) => client.once('ready', resolve));
}

async function closeClient(client: RedisClient): Promise<void> {
  // A connection that is lost meanwhile is closed as well.
  const quit = async () => void (await client.quit().catch(() => undefined));
  if (client.status === 'ready') await within(quitTimeoutMs, quit());
  client.disconnect();
}

/** Whether the promise is fulfilled in time. */
async function within(timeoutMs: number, promise: Promise<unknown>): Promise<boolean> {
  const deadline = new AbortController();
  const late = sleep(timeoutMs, false, { signal: deadline.signal });
  const isInTime = await Promise.race([promise.then(() => true), late]);
  deadline.abort();
  await late.catch(() => undefined);
  return isInTime;
}
