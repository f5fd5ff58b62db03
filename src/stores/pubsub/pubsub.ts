/** The port of the signal bus: small messages to every process of the cluster, which are not kept. */

/**
 * Sends a message to every process that listens, also to this one.
 *
 * Delivery is at most once: a process that is disconnected from the bus misses what is sent meanwhile. Facts that must not
 * be lost belong into the event log; the bus is for notifications that are repeated, or about what can be read elsewhere.
 */
export interface PubSub {
  /** `message` is a JSON value. Resolves when the bus has taken it; rejects when the bus cannot be reached. */
  publish(channel: string, message: unknown): Promise<void>;
  /**
   * Resolves with the function that unsubscribes, once every later message will reach the listener. What a listener throws
   * is logged, and the other listeners get the message all the same.
   */
  subscribe(channel: string, listener: (message: unknown) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
