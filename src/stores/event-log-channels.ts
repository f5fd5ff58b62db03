/** Owns the live channels of the event log: which ones this process hears, and that it really does. */
import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Redis } from 'ioredis';
import type { RedisConnections } from './redis.ts';

/** Channels of one SUBSCRIBE, so that thousands do not hold up what other commands wait for. */
const chunkSize = 500;

/**
 * `RedisPubSub` hands messages to listeners; the commands are sent from here, because it can't say when a channel is
 * left and turns a refused SUBSCRIBE into an unhandled rejection.
 */
export class EventLogChannels {
  readonly #redis: RedisConnections;
  readonly #pubsub: RedisPubSub;
  readonly #undo: (() => void)[] = [];

  constructor(redis: RedisConnections) {
    this.#redis = redis;
    const dispatcher = {
      on: (event: string, listener: (...args: unknown[]) => void) => {
        if (event !== 'message') return;
        redis.subscriber.on(event, listener);
        this.#undo.push(() => redis.subscriber.off(event, listener));
      },
      subscribe: (_channel: string, done: () => void) => done(),
      unsubscribe: () => {},
      punsubscribe: () => {},
    } as unknown as Redis;
    this.#pubsub = new RedisPubSub({ subscriber: dispatcher, publisher: dispatcher });
  }

  /** Calls back when the connection was lost and is there again. */
  onReconnect(listener: () => void): void {
    this.#redis.subscriber.on('ready', listener);
    this.#undo.push(() => this.#redis.subscriber.off('ready', listener));
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
  async subscribe(channels: readonly string[]): Promise<void> {
    await Promise.all(chunksOf(channels).map((chunk) => this.#redis.subscriber.subscribe(...chunk)));
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    await Promise.all(chunksOf(channels).map((chunk) => this.#redis.subscriber.unsubscribe(...chunk)));
  }

  /** Whether commands are answered now, or wait for a connection. */
  get isConnected(): boolean {
    return this.#redis.subscriber.status === 'ready';
  }

  close(): void {
    for (const undo of this.#undo.reverse()) undo();
  }
}

function chunksOf(channels: readonly string[]): string[][] {
  const chunks = [];
  for (let start = 0; start < channels.length; start += chunkSize) {
    chunks.push(channels.slice(start, start + chunkSize));
  }
  return chunks;
}
