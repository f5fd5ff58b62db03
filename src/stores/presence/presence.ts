/** The port of presence: who is connected to any process of the cluster, and when that changes. */

/** One living connection. */
export interface Connection {
  /** Unique in the cluster. */
  readonly connectionId: string;
  readonly viewerId: string;
  readonly name: string | null;
  readonly role: string | null;
  /** Milliseconds since the Unix epoch. */
  readonly connectedAt: number;
}

/** A viewer with at least one living connection, or in the grace period after the last one. */
export interface PresentViewer {
  readonly viewerId: string;
  readonly name: string | null;
  readonly role: string | null;
  /** When the oldest living connection was made; in the grace period, when the last one was. */
  readonly connectedAt: number;
  /** Living connections on all processes together; 0 in the grace period. */
  readonly connectionCount: number;
}

/** What is told of viewers. Neither function may throw. */
export interface PresenceListener {
  /** The viewer was not online, and now has a connection. */
  onOnline(viewer: { readonly viewerId: string; readonly at: number }): void;
  /**
   * The viewer's last connection ended (or its process died), and they did not come back within the grace period.
   * `lastSeen`: when that connection ended, or was last known to be alive.
   */
  onOffline(viewer: { readonly viewerId: string; readonly at: number; readonly lastSeen: number }): void;
}

/**
 * Who is connected.
 *
 * - A connection lives until `disconnect`, or until the lease of its process ends.
 * - A viewer is online while they have a living connection, and for `graceMs` after the last one ended.
 * - Each change to online or offline is reported once in the cluster, to the listener of the process that noticed it.
 * - The implementation renews leases and cleans up after dead processes by itself.
 * - While a shared store is away, `connect` and `disconnect` are remembered and resolve; reads reject with `Unavailable`.
 */
export interface Presence {
  connect(connection: Connection): Promise<void>;
  /** Ignores an unknown id. */
  disconnect(connectionId: string): Promise<void>;
  /** Those of the viewers who are online, by id. */
  find(viewerIds: readonly string[]): Promise<ReadonlyMap<string, PresentViewer>>;
  /** At most `limit` viewers who are online, those who have been for longest first. */
  list(limit: number): Promise<readonly PresentViewer[]>;
  count(): Promise<{ readonly connections: number; readonly viewers: number }>;
  /** Ends all connections of this process, and its lease. The grace periods of their viewers begin. */
  close(): Promise<void>;
}

export interface PresenceOptions {
  /** How long viewers stay online after their last connection ended, milliseconds. */
  readonly graceMs: number;
  /** How long connections of a process count after its last sign of life, milliseconds. It gives three in that time. */
  readonly leaseMs: number;
}
