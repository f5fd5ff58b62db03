/** The channels of the event log that this process subscribes to, and the proof that Redis has confirmed them. */
import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Redis } from 'ioredis';
import type { RedisConnections } from '../redis-connections.ts';

/** Channels of one SUBSCRIBE: a single one of thousands would make other commands wait. */
const chunkSize = 500;

/**
 * `RedisPubSub` hands messages to listeners. The commands are sent from here, because it cannot say when a channel is left,
 * and a SUBSCRIBE that Redis refuses becomes an unhandled rejection in it.
 */
export class EventLogChannels {
  readonly #redis: RedisConnections;
  readonly #pubsub: RedisPubSub;
  /** Channels of the next SUBSCRIBE. */
  #pending: string[] = [];
  #subscribing: PromiseWithResolvers<void> | undefined;
  /** Sharded channels that SSUBSCRIBE was sent for. */
  readonly #sharded = new Set<string>();
  readonly #disposables = new DisposableStack();

  constructor(redis: RedisConnections) {
    this.#redis = redis;
    const messageEventName = redis.isCluster ? 'smessage' : 'message';
    const dispatcher = {
      on: (event: string, listener: (...args: unknown[]) => void) => {
        if (event !== messageEventName) return;
        // Text is parsed there; what is none is handed on as it is.
        this.#on(event, (channel, text) => listener(channel, { text }));
      },
      subscribe: (_channel: string, done: () => void) => done(),
      unsubscribe: () => {},
      punsubscribe: () => {},
    } as unknown as Redis;
    this.#pubsub = new RedisPubSub({ subscriber: dispatcher, publisher: dispatcher, messageEventName });
  }

  /** Whether there is a connection; without one, commands wait for it. */
  get isConnected(): boolean {
    return this.#redis.subscriber.status === 'ready';
  }

  /** Calls `listener` each time that a lost connection is back. */
  onReconnect(listener: () => void): void {
    this.#on('ready', listener);
    // In a cluster, the connection to one node can come back while the client as a whole was never down.
    this.#on('subscribersReady', listener);
  }

  /** Calls `listener` with the text of each message on the channel, once that is subscribed. The returned function removes it. */
  async listen(channel: string, listener: (text: string) => void): Promise<() => void> {
    const id = await this.#pubsub.subscribe(channel, ({ text }: { readonly text: string }) => listener(text));
    return () => this.#pubsub.unsubscribe(id);
  }

  /**
   * Resolves once Redis has confirmed every channel, also those that it had confirmed before. By then every message that
   * was published on them before the call has arrived here, or is lost.
   */
  subscribe(channels: readonly string[]): Promise<void> {
    this.#pending.push(...channels);
    if (!this.#subscribing) {
      this.#subscribing = Promise.withResolvers();
      // All calls of this turn of the event loop share one command: thousands of clients may come back at once.
      setImmediate(() => this.#subscribeNow());
    }
    return this.#subscribing.promise;
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    const { subscriber, isCluster } = this.#redis;
    // A SUBSCRIBE that was asked for before must be sent before.
    this.#subscribeNow();
    for (const channel of channels) this.#sharded.delete(channel);
    await Promise.all(
      isCluster
        ? channels.map((channel) => subscriber.sunsubscribe(channel))
        : chunksOf(channels).map((chunk) => subscriber.unsubscribe(...chunk)),
    );
  }

  close(): void {
    this.#disposables.dispose();
  }

  #subscribeNow(): void {
    const { subscriber, isCluster } = this.#redis;
    const channels = this.#pending;
    const subscribing = this.#subscribing;
    this.#pending = [];
    this.#subscribing = undefined;
    Promise.all(
      isCluster
        ? channels.map((channel) => this.#subscribeSharded(channel))
        : chunksOf(channels).map((chunk) => subscriber.subscribe(...chunk)),
    ).then(
      () => subscribing?.resolve(),
      (error: unknown) => subscribing?.reject(error),
    );
  }

  async #subscribeSharded(channel: string): Promise<unknown> {
    const { subscriber } = this.#redis;
    if (this.#sharded.has(channel)) {
      // ioredis keeps a list of channels to subscribe after an outage, and each SSUBSCRIBE adds to it, repeated ones too.
      subscriber.sunsubscribe(channel).catch(() => undefined);
    }
    this.#sharded.add(channel);
    return subscriber.ssubscribe(channel);
  }

  #on(event: string, listener: (...args: unknown[]) => void): void {
    this.#redis.subscriber.on(event, listener);
    this.#disposables.defer(() => this.#redis.subscriber.off(event, listener));
  }
}

function chunksOf(channels: readonly string[]): string[][] {
  const chunks = [];
  for (let start = 0; start < channels.length; start += chunkSize) {
    chunks.push(channels.slice(start, start + chunkSize));
  }
  return chunks;
}
