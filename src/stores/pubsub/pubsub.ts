/** Owns the port of the signal bus: small messages to every process of the cluster, forgotten at once. */

/**
 * Fire and forget, to every process that listens, this one included.
 *
 * At most once: a message sent while a process is disconnected from the bus is lost to it. For facts that must not be
 * lost there is the event log; this is for hints that are repeated or can be looked up.
 */
export interface PubSub {
  /** `message` is a JSON value. Resolves when it was handed over; rejects when the bus can't be reached. */
  publish(channel: string, message: unknown): Promise<void>;
  /**
   * Resolves with the unsubscribe function once the subscription is really live. A listener that throws is logged and
   * does not keep the message from others.
   */
  subscribe(channel: string, listener: (message: unknown) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
