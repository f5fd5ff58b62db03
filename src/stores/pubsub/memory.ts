/** The signal bus of a single process. */
import type { Logger } from '../../observability/log.ts';
import type { PubSub } from './pubsub.ts';

type Listener = (message: unknown) => void;

export class PubSubMemory implements PubSub {
  // Each subscription is a new object, so that the same function may listen twice.
  readonly #channels = new Map<string, Set<{ readonly listener: Listener }>>();
  readonly #log: Logger;
  #isClosed = false;

  constructor({ log }: { readonly log: Logger }) {
    this.#log = log;
  }

  /** Delivers in the order of publishing, but not before it returns: listeners may publish and unsubscribe. */
  async publish(channel: string, message: unknown): Promise<void> {
    this.#assertOpen();
    const subscriptions = this.#channels.get(channel);
    if (!subscriptions) return;
    // Listeners get what they would get from Redis: a copy, as it is now, of what JSON can hold.
    const copy: unknown = JSON.parse(JSON.stringify(message));
    const receivers = [...subscriptions];
    queueMicrotask(() => {
      for (const receiver of receivers) {
        if (subscriptions.has(receiver)) this.#deliver(channel, receiver.listener, copy);
      }
    });
  }

  async subscribe(channel: string, listener: Listener): Promise<() => Promise<void>> {
    this.#assertOpen();
    const subscription = { listener };
    const subscriptions = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, subscriptions.add(subscription));
    return async () => {
      subscriptions.delete(subscription);
      if (subscriptions.size === 0 && this.#channels.get(channel) === subscriptions)
        this.#channels.delete(channel);
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const subscriptions of this.#channels.values()) subscriptions.clear();
    this.#channels.clear();
  }

  #deliver(channel: string, listener: Listener, message: unknown): void {
    try {
      listener(message);
    } catch (error) {
      this.#log.error({ err: error, channel }, 'a listener of the signal bus threw');
    }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new Error('The signal bus is closed.');
  }
}
