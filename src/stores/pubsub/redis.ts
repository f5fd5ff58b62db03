/** The signal bus of all processes: channels of Redis, whose messages graphql-redis-subscriptions hands to listeners. */
import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Redis } from 'ioredis';
import type { Logger } from '../../observability/log.ts';
import { reach, type RedisConnections } from '../redis-connections.ts';
import type { PubSub } from './pubsub.ts';

type Listener = (message: unknown) => void;

/** A message after parsing. The library alone would hand over a message that is no JSON as text, without a word. */
type Delivery = { readonly message: unknown } | { readonly unreadable: unknown };

/** One channel that this process has subscribed to, or is about to. */
interface Channel {
  readonly listeners: Set<{ readonly listener: Listener }>;
  /** Its id in the library, for unsubscribing. */
  readonly id: Promise<number>;
  /** Resolves once Redis has confirmed the subscription. */
  readonly live: Promise<unknown>;
}

export interface PubSubRedisOptions {
  readonly redis: RedisConnections;
  readonly log: Logger;
  /** Whether the channels belong to other services: their names then stay without our prefix. Default false. */
  readonly isForeign?: boolean;
  /** Called, besides the log line, for a message that is no JSON. */
  readonly onUnreadable?: (channel: string) => void;
}

/**
 * While Redis is away, `publish` rejects and `subscribe` waits. When it is back, the subscriptions are made again; what was
 * published meanwhile is lost.
 */
export class PubSubRedis implements PubSub {
  readonly #redis: RedisConnections;
  readonly #log: Logger;
  readonly #isForeign: boolean;
  readonly #onUnreadable: (channel: string) => void;
  readonly #bus: RedisPubSub;
  readonly #channels = new Map<string, Channel>();
  readonly #closing = Promise.withResolvers<never>();
  readonly #disposables = new DisposableStack();
  #isClosed = false;

  constructor({ redis, log, isForeign = false, onUnreadable = () => {} }: PubSubRedisOptions) {
    this.#redis = redis;
    this.#log = log;
    this.#isForeign = isForeign;
    this.#onUnreadable = onUnreadable;
    // Only those who wait for a subscription handle this rejection.
    this.#closing.promise.catch(() => {});
    this.#bus = new RedisPubSub({
      publisher: redis.commands,
      subscriber: this.#createDispatcher(),
      deserializer: readDelivery,
    });
  }

  async publish(channel: string, message: unknown): Promise<void> {
    this.#assertOpen();
    await reach('The signal bus', () => this.#bus.publish(this.#nameOf(channel), message));
  }

  async subscribe(channel: string, listener: Listener): Promise<() => Promise<void>> {
    this.#assertOpen();
    const { listeners, live } = this.#channels.get(channel) ?? this.#open(channel);
    const subscription = { listener };
    listeners.add(subscription);
    const unsubscribe = async () => {
      if (listeners.delete(subscription) && listeners.size === 0) this.#leave(channel);
    };
    try {
      await Promise.race([live, this.#closing.promise]);
    } catch (error) {
      await unsubscribe();
      throw error;
    }
    return unsubscribe;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closing.reject(new Error('The signal bus is closed.'));
    for (const [channel, { listeners }] of this.#channels) {
      listeners.clear();
      this.#leave(channel);
    }
    this.#disposables.dispose();
  }

  #nameOf(channel: string): string {
    return this.#isForeign ? channel : this.#redis.key(`signal:${channel}`);
  }

  #open(channel: string): Channel {
    const name = this.#nameOf(channel);
    const listeners: Channel['listeners'] = new Set();
    const id = this.#bus.subscribe(name, (delivery: Delivery) => {
      if ('unreadable' in delivery) {
        this.#log.warn({ err: delivery.unreadable, channel }, 'a message on the signal bus is no JSON');
        this.#onUnreadable(channel);
        return;
      }
      for (const { listener } of [...listeners]) this.#deliver(channel, listener, delivery.message);
    });
    const opened = { listeners, id, live: this.#redis.subscriber.subscribe(name) };
    this.#channels.set(channel, opened);
    return opened;
  }

  #leave(channel: string): void {
    const left = this.#channels.get(channel);
    if (!left) return;
    this.#channels.delete(channel);
    void left.id.then((id) => this.#bus.unsubscribe(id));
    // Rejects only when the connection is closed, and then the subscription has ended with it.
    this.#redis.subscriber.unsubscribe(this.#nameOf(channel)).catch(() => {});
  }

  #deliver(channel: string, listener: Listener, message: unknown): void {
    try {
      listener(message);
    } catch (error) {
      this.#log.error({ err: error, channel }, 'a listener of the signal bus threw');
    }
  }

  /**
   * Stands in for a Redis client in the library: it passes on messages and sends no commands, which are sent from here. The
   * library does not handle the promises of SUBSCRIBE and UNSUBSCRIBE, so that a failure would be an unhandled rejection.
   */
  #createDispatcher(): Redis {
    const { subscriber } = this.#redis;
    const dispatcher = {
      on: (event: string, listener: (...args: unknown[]) => void) => {
        if (event !== 'message') return;
        subscriber.on(event, listener);
        this.#disposables.defer(() => subscriber.off(event, listener));
      },
      subscribe: (_name: string, done: () => void) => done(),
      unsubscribe: () => {},
      punsubscribe: () => {},
    };
    return dispatcher as unknown as Redis;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new Error('The signal bus is closed.');
  }
}

function readDelivery(source: string | Buffer): Delivery {
  try {
    return { message: JSON.parse(source.toString()) };
  } catch (error) {
    return { unreadable: error };
  }
}
