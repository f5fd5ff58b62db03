/** Owns who is here through this process, by whatever transport: connections counted per viewer, and announced to presence. */
import { randomBytes } from 'node:crypto';
import type { Viewer } from '../auth/viewer.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../observability/log.ts';
import type { Presence } from '../stores/presence/presence.ts';

export interface ConnectionTrackerOptions {
  readonly presence: Presence;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxConnectionsPerViewer: number;
}

/** Unique in the cluster, unlike the id of a request, which clients may choose. */
export const createConnectionId = () => randomBytes(12).toString('base64url');

/** Ends a connection's attendance; call it once. Rejects with what the presence store says. */
export type Leave = () => Promise<void>;

export class ConnectionTracker {
  readonly #options: ConnectionTrackerOptions;
  readonly #perViewer = new Map<string, number>();

  constructor(options: ConnectionTrackerOptions) {
    this.#options = options;
  }

  /** How many connections one viewer may have. */
  get maxPerViewer(): number {
    return this.#options.maxConnectionsPerViewer;
  }

  /** Counts and announces a connection; null when its viewer has as many as it may have. */
  enter(viewer: Viewer, connectionId: string): Leave | null {
    const connections = this.#perViewer.get(viewer.id) ?? 0;
    if (connections >= this.maxPerViewer) return null;
    this.#perViewer.set(viewer.id, connections + 1);
    const leave = this.announce(viewer, connectionId);
    return () => {
      const left = this.#perViewer.get(viewer.id)! - 1;
      if (left > 0) this.#perViewer.set(viewer.id, left);
      else this.#perViewer.delete(viewer.id);
      return leave();
    };
  }

  /** Announces a viewer who is here without a connection of its own. */
  announce({ id: viewerId, name, role }: Viewer, connectionId: string): Leave {
    const { presence, clock, log } = this.#options;
    // Being seen must not delay being served: the store may be away.
    presence
      .connect({ connectionId, viewerId, name, role, connectedAt: clock.now() })
      .catch((error: unknown) => {
        log.warn({ err: error, connection: connectionId }, 'a connection could not be announced');
      });
    return () => presence.disconnect(connectionId);
  }
}
