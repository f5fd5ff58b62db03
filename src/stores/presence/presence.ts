/** Owns the port of presence: who is connected, on any process, and when that changes. */

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

/** A viewer with at least one living connection, or in the grace period after its last one. */
export interface PresentViewer {
  readonly viewerId: string;
  readonly name: string | null;
  readonly role: string | null;
  /** When the oldest of its living connections was made; of the last one, in the grace period. */
  readonly connectedAt: number;
  /** Living connections on all processes together; 0 in the grace period. */
  readonly connectionCount: number;
}

/** Neither may throw. */
export interface PresenceListener {
  /** The viewer had no connection and no grace period running, and now has a connection. */
  onOnline(viewer: { readonly viewerId: string; readonly at: number }): void;
  /**
   * The viewer's last connection ended (or its process died) and it did not come back within the grace period.
   * `lastSeen`: when that connection ended, or was last known to live.
   */
  onOffline(viewer: { readonly viewerId: string; readonly at: number; readonly lastSeen: number }): void;
}

/**
 * Who is connected.
 *
 * - A connection lives until `disconnect`, or until its process stops renewing its lease.
 * - A viewer is online while one connection lives, and for `graceMs` after the last one ended.
 * - Each coming and each going is reported to exactly one listener in the cluster, on whichever process noticed it.
 * - Renewing leases and cleaning up after dead processes is the implementation's own business.
 * - While a shared store is away, `connect` and `disconnect` are remembered and resolve; what asks rejects with
 *   Unavailable.
 */
export interface Presence {
  connect(connection: Connection): Promise<void>;
  /** Unknown ids are ignored. */
  disconnect(connectionId: string): Promise<void>;
  /** Those of `viewerIds` who are online, by id. */
  find(viewerIds: readonly string[]): Promise<ReadonlyMap<string, PresentViewer>>;
  /** Who is online, longest connected first. */
  list(limit: number): Promise<readonly PresentViewer[]>;
  count(): Promise<{ readonly connections: number; readonly viewers: number }>;
  /** Ends this process's leases: its connections are gone for everybody else, their viewers in the grace period. */
  close(): Promise<void>;
}

export interface PresenceOptions {
  /** How long a viewer without a connection still counts as online, milliseconds. */
  readonly graceMs: number;
  /** How long a connection of a silent process still counts, milliseconds. Renewed three times within it. */
  readonly leaseMs: number;
}
