/** Presence of a single process, in its memory. */
import type { Clock } from '../../lib/clock.ts';
import type { Connection, Presence, PresenceListener, PresenceOptions, PresentViewer } from './presence.ts';

export interface PresenceMemoryOptions {
  readonly clock: Clock;
  /** `leaseMs` is not used: the connections end together with the process that counts them. */
  readonly options: PresenceOptions;
  readonly listener: PresenceListener;
}

interface Entry {
  readonly connections: Map<string, Connection>;
  lastEnded: Connection | null;
  /** Cancels the grace period; null while none runs. */
  cancelGrace: (() => void) | null;
}

export class PresenceMemory implements Presence {
  readonly #clock: Clock;
  readonly #options: PresenceOptions;
  readonly #listener: PresenceListener;
  readonly #viewers = new Map<string, Entry>();
  readonly #viewerOf = new Map<string, string>();

  constructor({ clock, options, listener }: PresenceMemoryOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#listener = listener;
  }

  async connect(connection: Connection): Promise<void> {
    const { connectionId, viewerId } = connection;
    const entry = this.#viewers.get(viewerId) ?? {
      connections: new Map(),
      lastEnded: null,
      cancelGrace: null,
    };
    entry.cancelGrace?.();
    entry.cancelGrace = null;
    entry.connections.set(connectionId, connection);
    this.#viewerOf.set(connectionId, viewerId);
    if (this.#viewers.has(viewerId)) return;
    this.#viewers.set(viewerId, entry);
    this.#listener.onOnline({ viewerId, at: this.#clock.now() });
  }

  async disconnect(connectionId: string): Promise<void> {
    const viewerId = this.#viewerOf.get(connectionId);
    const entry = viewerId === undefined ? undefined : this.#viewers.get(viewerId);
    if (viewerId === undefined || !entry) return;
    this.#viewerOf.delete(connectionId);
    entry.lastEnded = entry.connections.get(connectionId) ?? null;
    entry.connections.delete(connectionId);
    if (entry.connections.size > 0) return;
    const lastSeen = this.#clock.now();
    entry.cancelGrace = this.#clock.after(this.#options.graceMs, () => {
      this.#viewers.delete(viewerId);
      this.#listener.onOffline({ viewerId, at: this.#clock.now(), lastSeen });
    });
  }

  async find(viewerIds: readonly string[]): Promise<ReadonlyMap<string, PresentViewer>> {
    const found = new Map<string, PresentViewer>();
    for (const viewerId of viewerIds) {
      const entry = this.#viewers.get(viewerId);
      if (entry) found.set(viewerId, describe(viewerId, entry));
    }
    return found;
  }

  async list(limit: number): Promise<readonly PresentViewer[]> {
    return [...this.#viewers]
      .map(([viewerId, entry]) => describe(viewerId, entry))
      .sort((a, b) => a.connectedAt - b.connectedAt || (a.viewerId < b.viewerId ? -1 : 1))
      .slice(0, limit);
  }

  async count() {
    return { connections: this.#viewerOf.size, viewers: this.#viewers.size };
  }

  async close(): Promise<void> {
    for (const { cancelGrace } of this.#viewers.values()) cancelGrace?.();
    this.#viewers.clear();
    this.#viewerOf.clear();
  }
}

/** Name and role are those of the newest connection. */
function describe(viewerId: string, { connections, lastEnded }: Entry): PresentViewer {
  const shown = connections.size > 0 ? [...connections.values()] : lastEnded ? [lastEnded] : [];
  const newest = shown.reduce((a, b) => (b.connectedAt > a.connectedAt ? b : a));
  return {
    viewerId,
    name: newest.name,
    role: newest.role,
    connectedAt: Math.min(...shown.map(({ connectedAt }) => connectedAt)),
    connectionCount: connections.size,
  };
}
