/** The sessions of a single process, in its memory. */
import { LRUCache } from 'lru-cache';
import { mostEntries } from '../../lib/memory/most-entries.ts';
import { cacheTime, type Clock } from '../../lib/clock.ts';
import type { Session, Sessions } from './sessions.ts';

export interface SessionsMemoryOptions {
  readonly clock: Clock;
  /** How long a session lives after it was last written, milliseconds. */
  readonly ttlMs: number;
  /** The most sessions that are kept. Of more, the one that was used least recently is dropped. Default 100,000. */
  readonly maxSessions?: number;
}

export class SessionsMemory implements Sessions {
  readonly #sessions: LRUCache<string, Session>;

  constructor({ clock, ttlMs, maxSessions = 100_000 }: SessionsMemoryOptions) {
    // The cache returns an entry still in the very millisecond in which its time to live ends.
    this.#sessions = new LRUCache({
      ...mostEntries(maxSessions),
      ttl: ttlMs - 1,
      ttlResolution: 0,
      perf: cacheTime(clock),
    });
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
    this.#sessions.delete(viewerId);
  }

  async close(): Promise<void> {
    this.#sessions.clear();
  }

  #read(viewerId: string): Session | null {
    return this.#sessions.get(viewerId) ?? null;
  }

  #write(session: Session): Session {
    this.#sessions.set(session.viewerId, session);
    return session;
  }
}
