/** Makes one connection to Redis, whatever stands behind its address: it comes back by itself, and says when it is away. */
import { Cluster, Redis, type Command } from 'ioredis';
import type { RedisAddress } from '../lib/addresses/redis-address.ts';
import type { Logger } from '../observability/log.ts';

export type RedisClient = Redis | Cluster;

/** What a connection needs beside the address. */
export interface RedisSecurity {
  /** Certificates of the authorities that are trusted, PEM; those that Node brings where absent. */
  readonly ca?: string | null | undefined;
  /** What the Sentinels ask for. They know no users. */
  readonly sentinelPassword?: string | null | undefined;
}

export interface RedisTarget {
  readonly address: RedisAddress;
  readonly security: RedisSecurity;
}

const maxRetryDelayMs = 500;
/** A client that is closed while it has no connection keeps the process alive for this long. */
const disconnectTimeoutMs = 500;

/** What differs between the connections of one process. */
export interface ClientOptions {
  readonly connectionName: string;
  readonly commandTimeout?: number;
  /**
   * A connection on which something was asked, and nothing has come for so long, is given up for a new one, milliseconds: what stands
   * between may have forgotten it, or its server may be gone, and TCP would go on trying for a quarter of an hour.
   */
  readonly socketTimeout: number;
  readonly maxRetriesPerRequest: number | null;
  readonly enableOfflineQueue?: boolean;
  /** In a cluster: whether SSUBSCRIBE may be sent, for which the client connects to each master that holds a channel. */
  readonly shardedSubscribers?: boolean;
}

export function createClient(target: RedisTarget, options: ClientOptions, log: Logger): RedisClient {
  const isCluster = target.address.kind === 'cluster';
  const client = isCluster ? createCluster(target, options) : createSingle(target, options);
  reportOutages(client, log);
  return client;
}

/** What ioredis must be told to connect to a server, or to the primary that Sentinels know. */
export function connectionOptions({ address, security }: RedisTarget) {
  const { servers, primaryName, database, isEncrypted } = address;
  const tls = isEncrypted ? { tls: security.ca ? { ca: security.ca } : {} } : {};
  const common = { ...credentialsOf(address), db: database, ...tls };
  if (primaryName === null) return { ...servers[0]!, ...common };
  return {
    ...common,
    sentinels: [...servers],
    name: primaryName,
    ...(security.sentinelPassword && { sentinelPassword: security.sentinelPassword }),
    ...(isEncrypted && { enableTLSForSentinelMode: true, sentinelTLS: tls.tls }),
    sentinelRetryStrategy: retryStrategy,
    // Without it a client that is connected to a server that was the primary stays there, and its writes are lost.
    failoverDetector: true,
  };
}

function credentialsOf({ username, password }: RedisAddress) {
  return { ...(username && { username }), ...(password && { password }) };
}

const retryStrategy = (times: number) =>
  Math.min(2 ** Math.min(times, 10) * 25, maxRetryDelayMs) + Math.random() * 50;

/** After a failover behind one address we are connected to a replica: 2 means connect again, and repeat the command. */
const reconnectOnError = (error: Error) => (error.message.startsWith('READONLY') ? 2 : false);

function createSingle(target: RedisTarget, { commandTimeout, ...options }: ClientOptions): Redis {
  const { shardedSubscribers: _, ...own } = options;
  const client = new Redis({
    ...connectionOptions(target),
    ...own,
    disconnectTimeout: disconnectTimeoutMs,
    // It would need a right of its own.
    disableClientInfo: true,
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
  if (target.address.database !== 0) refuseOtherDatabase(client);
  if (commandTimeout !== undefined) limitCommands(client, commandTimeout);
  return client;
}

/**
 * Where the database cannot be chosen, ioredis goes on in database 0, which may be somebody else's. It is better to have no
 * connection: the reason is in the log, and the server may get the database yet.
 */
function refuseOtherDatabase(client: Redis): void {
  client.on('error', ({ name, command }: Error & { readonly command?: { readonly name: string } }) => {
    if (name === 'ReplyError' && command?.name === 'select') client.disconnect(true);
  });
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

function createCluster({ address, security }: RedisTarget, options: ClientOptions): Cluster {
  const { enableOfflineQueue = true, shardedSubscribers = false, ...nodeOptions } = options;
  return new Cluster([...address.servers], {
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
      ...credentialsOf(address),
      ...(address.isEncrypted && { tls: security.ca ? { ca: security.ca } : {} }),
    },
  });
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
