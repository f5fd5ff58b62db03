/** Owns the live channels of the event log: which ones this process hears, and that it really does. */
import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Redis } from 'ioredis';
import type { RedisConnections } from '../redis-connections.ts';

/** Channels of one SUBSCRIBE, so that thousands do not hold up what other commands wait for. */
const chunkSize = 500;

/**
 * `RedisPubSub` hands messages to listeners; the commands are sent from here, because it can't say when a channel is
 * left and turns a refused SUBSCRIBE into an unhandled rejection.
 */
export class EventLogChannels {
  readonly #redis: RedisConnections;
  readonly #pubsub: RedisPubSub;
  /** Channels of the next SUBSCRIBE. */
  #waiting: string[] = [];
  #subscribing: PromiseWithResolvers<void> | undefined;
  /** Sharded channels that were subscribed to before. */
  readonly #entered = new Set<string>();
  readonly #undo: (() => void)[] = [];

  constructor(redis: RedisConnections) {
    this.#redis = redis;
    const messageEventName = redis.isCluster ? 'smessage' : 'message';
    const dispatcher = {
      on: (event: string, listener: (...args: unknown[]) => void) => {
        if (event === messageEventName) this.#on(event, listener);
      },
      subscribe: (_channel: string, done: () => void) => done(),
      unsubscribe: () => {},
      punsubscribe: () => {},
    } as unknown as Redis;
    this.#pubsub = new RedisPubSub({ subscriber: dispatcher, publisher: dispatcher, messageEventName });
  }

  /** Whether commands are answered now, or wait for a connection. */
  get isConnected(): boolean {
    return this.#redis.subscriber.status === 'ready';
  }

  /** Calls back when a connection was lost and is there again. */
  onReconnect(listener: () => void): void {
    this.#on('ready', listener);
    // The connections of a cluster's nodes come and go without the whole being down.
    this.#on('subscribersReady', listener);
  }

  /** Names the listener of a channel. Returns the undo. */
  async listen(channel: string, listener: (message: unknown) => void): Promise<() => void> {
    const id = await this.#pubsub.subscribe(channel, listener);
    return () => this.#pubsub.unsubscribe(id);
  }

  /**
   * Resolves once Redis has confirmed every channel; does no harm where it had before. What was published on them
   * before the call has then been heard, or never will be.
   */
  subscribe(channels: readonly string[]): Promise<void> {
    this.#waiting.push(...channels);
    if (!this.#subscribing) {
      this.#subscribing = Promise.withResolvers();
      // When thousands of clients come back at once, they share few commands.
      setImmediate(() => this.#subscribeNow());
    }
    return this.#subscribing.promise;
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    const { subscriber, isCluster } = this.#redis;
    // In the order in which it was asked for.
    this.#subscribeNow();
    for (const channel of channels) this.#entered.delete(channel);
    await Promise.all(
      isCluster
        ? channels.map((channel) => subscriber.sunsubscribe(channel))
        : chunksOf(channels).map((chunk) => subscriber.unsubscribe(...chunk)),
    );
  }

  close(): void {
    for (const undo of this.#undo.reverse()) undo();
  }

  #subscribeNow(): void {
    const { subscriber, isCluster } = this.#redis;
    const channels = this.#waiting;
    const subscribing = this.#subscribing;
    this.#waiting = [];
    this.#subscribing = undefined;
    Promise.all(
      isCluster
        ? channels.map((channel) => this.#enter(channel))
        : chunksOf(channels).map((chunk) => subscriber.subscribe(...chunk)),
    ).then(
      () => subscribing?.resolve(),
      (error: unknown) => subscribing?.reject(error),
    );
  }

  async #enter(channel: string): Promise<unknown> {
    const { subscriber } = this.#redis;
    if (this.#entered.has(channel)) {
      // Else the client, which keeps a list of what to subscribe again, has it there once more each time.
      subscriber.sunsubscribe(channel).catch(() => undefined);
    }
    this.#entered.add(channel);
    return subscriber.ssubscribe(channel);
  }

  #on(event: string, listener: (...args: unknown[]) => void): void {
    this.#redis.subscriber.on(event, listener);
    this.#undo.push(() => this.#redis.subscriber.off(event, listener));
  }
}

function chunksOf(channels: readonly string[]): string[][] {
  const chunks = [];
  for (let start = 0; start < channels.length; start += chunkSize) {
    chunks.push(channels.slice(start, start + chunkSize));
  }
  return chunks;
}
