/** The connections of a process to Redis: makes them, says what commands do while it is away, and closes them. */
import { createHash } from 'node:crypto';
import { Cluster, Redis, type Command } from 'ioredis';
import { systemClock } from '../lib/clock.ts';
import { within } from '../lib/deadline.ts';
import type { Logger } from '../observability/log.ts';
import { Unavailable } from '../lib/unavailable.ts';

export type RedisClient = Redis | Cluster;

export interface RedisConnectionsOptions {
  /** `redis://` or `rediss://`. More than one URL, separated by commas, is a cluster. */
  readonly url: string;
  /** Every key and channel begins with it, so that several services can share a Redis. */
  readonly keyPrefix: string;
  /** The names that `CLIENT LIST` shows begin with it. */
  readonly name: string;
  /** How long a command may take, including its wait for a connection, milliseconds. Default 2000. */
  readonly commandTimeoutMs?: number;
  readonly log: Logger;
}

const defaultCommandTimeoutMs = 2_000;
const maxRetryDelayMs = 500;
const quitTimeoutMs = 1_000;
/** A client that is closed while it has no connection keeps the process alive for this long. */
const disconnectTimeoutMs = 500;

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
    this.failFast = create('fail-fast', {
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

  /** Resolves to whether all connections are there before `timeoutMs` have passed. Stores may be used without that. */
  ready(timeoutMs: number): Promise<boolean> {
    const ready = Promise.all(this.#clients.map(becomeReady));
    return within(systemClock, timeoutMs, 'Connecting to Redis', ready).then(
      () => true,
      () => false,
    );
  }

  /** Calls `listener` each time that commands can be sent again after an outage. The returned function removes it. */
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

/** Replies of a server that cannot serve at the moment. */
const temporaryRefusal = /^(LOADING|CLUSTERDOWN|MASTERDOWN|READONLY|TRYAGAIN|BUSY) /;

/** Uses Redis for a store; `what` is its name. Rejects with `Unavailable` when Redis cannot be reached. */
export async function reach<T>(what: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    // A command that Redis refuses for good is a mistake of this service, not an outage.
    if (error instanceof Error && error.name === 'ReplyError' && !temporaryRefusal.test(error.message))
      throw error;
    throw new Unavailable(what, error);
  }
}

/** What differs between the connections of one process. */
interface ClientOptions {
  readonly connectionName: string;
  readonly commandTimeout?: number;
  readonly maxRetriesPerRequest: number | null;
  readonly enableOfflineQueue?: boolean;
  /** In a cluster: whether SSUBSCRIBE may be sent, for which the client connects to each master that holds a channel. */
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

/** After a failover behind one address we are connected to a replica: 2 means connect again, and repeat the command. */
const reconnectOnError = (error: Error) => (error.message.startsWith('READONLY') ? 2 : false);

function createSingle(url: string, { commandTimeout, ...options }: ClientOptions): Redis {
  const client = new Redis(url, {
    ...options,
    disconnectTimeout: disconnectTimeoutMs,
    retryStrategy,
    reconnectOnError,
  });
  // After an outage the client subscribes again by itself and does not handle the promise. If the connection is closed in
  // that moment, the unhandled rejection would end the process.
  const subscribe = client.subscribe.bind(client) as (...channels: unknown[]) => Promise<unknown>;
  const subscribeHandled = (...channels: unknown[]) => {
    const subscribed = subscribe(...channels);
    subscribed.catch(() => {});
    return subscribed;
  };
  Object.assign(client, { subscribe: subscribeHandled });
  if (commandTimeout !== undefined) limitCommands(client, commandTimeout);
  return client;
}

/**
 * Rejects commands that take too long. The option of ioredis does so too, but when a connection breaks during its handshake,
 * the timers of the commands in it are left, and keep the process alive.
 */
function limitCommands(client: Redis, timeoutMs: number): void {
  const sendCommand = client.sendCommand.bind(client);
  // A command that is sent again on a new connection gets no more time.
  const limited = new WeakSet<Command>();
  client.sendCommand = (command, stream) => {
    if (!limited.has(command)) {
      limited.add(command);
      const timer = setTimeout(() => command.reject(new Error('Command timed out')), timeoutMs).unref();
      const cancel = () => clearTimeout(timer);
      command.promise.then(cancel, cancel);
    }
    return sendCommand(command, stream);
  };
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
      // Commands in the queue of the cluster client have no time-out: only the subscriber, which has none either, may use it.
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

/** Logs an outage once, however many attempts to connect fail. Without a listener ioredis writes each to the console. */
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
  // A server that does not answer, or whose connection breaks meanwhile, is left all the same.
  if (client.status === 'ready')
    await within(systemClock, quitTimeoutMs, 'QUIT', client.quit()).catch(() => undefined);
  client.disconnect();
}
