/** Owns the sessions of a single process. */
import type { Clock } from '../../lib/clock.ts';
import type { Session, Sessions } from './sessions.ts';

export interface SessionsMemoryOptions {
  readonly clock: Clock;
  /** How long a session lives after it was last written, milliseconds. */
  readonly ttlMs: number;
  /** Sessions kept at most; past it those go that were written longest ago. Default 100,000. */
  readonly maxSessions?: number;
}

interface Entry {
  readonly session: Session;
  readonly expiresAt: number;
}

export class SessionsMemory implements Sessions {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #maxSessions: number;
  // Every write moves its entry to the end, so the map is in order of expiry.
  readonly #entries = new Map<string, Entry>();

  constructor({ clock, ttlMs, maxSessions = 100_000 }: SessionsMemoryOptions) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#maxSessions = maxSessions;
  }

  async create(session: Session): Promise<Session> {
    return this.#write(this.#read(session.viewerId) ?? session);
  }

  async get(viewerId: string): Promise<Session | null> {
    return this.#read(viewerId);
  }

  async getMany(viewerIds: readonly string[]): Promise<ReadonlyMap<string, Session>> {
    const found = new Map<string, Session>();
    for (const viewerId of viewerIds) {
      const session = this.#read(viewerId);
      if (session) found.set(viewerId, session);
    }
    return found;
  }

  async update(viewerId: string, changes: Partial<Omit<Session, 'viewerId'>>) {
    const before = this.#read(viewerId);
    if (!before) return null;
    return { before, after: this.#write({ ...before, ...changes, viewerId }) };
  }

  async delete(viewerId: string): Promise<void> {
    this.#entries.delete(viewerId);
  }

  async close(): Promise<void> {
    this.#entries.clear();
  }

  #read(viewerId: string): Session | null {
    const entry = this.#entries.get(viewerId);
    return entry && entry.expiresAt > this.#clock.now() ? entry.session : null;
  }

  #write(session: Session): Session {
    this.#entries.delete(session.viewerId);
    this.#entries.set(session.viewerId, { session, expiresAt: this.#clock.now() + this.#ttlMs });
    this.#dropOldest();
    return session;
  }

  #dropOldest(): void {
    for (const [viewerId, { expiresAt }] of this.#entries) {
      if (expiresAt > this.#clock.now() && this.#entries.size <= this.#maxSessions) return;
      this.#entries.delete(viewerId);
    }
  }
}
