/** Owns what a process holds of presence: its connections, which of them Redis knows, and what it has yet to be told. */
import type { Connection } from './presence.ts';

interface Ended {
  readonly connection: Connection;
  readonly endedAt: number;
  /** Redis has heard of the end: kept until then, should Redis lose it. Null before. */
  forgetAt: number | null;
}

/** A connection as Redis lists it. */
export interface PresenceMember {
  readonly connectionId: string;
  readonly viewerId: string;
}

/** What one step tells Redis. */
export interface PresenceUpdates {
  /** `isKnown`: the viewer's coming was reported before, and Redis has lost it since. */
  readonly connects: readonly { readonly connection: Connection; readonly isKnown: boolean }[];
  readonly disconnects: readonly (PresenceMember & { readonly endedAt: number })[];
}

/** News of one step, so that no script runs long. */
const batchSize = 200;

export class LocalPresence {
  readonly #graceMs: number;
  readonly #living = new Map<string, Connection>();
  readonly #ended = new Map<string, Ended>();
  /** Ids of those whose state Redis may not know. */
  readonly #pending = new Set<string>();
  /** Ids of those that Redis counts as living. */
  readonly #registered = new Set<string>();
  /** Ids of those that it knew before it lost everything: their viewers' coming is not reported again. */
  readonly #lost = new Set<string>();

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** Connections that Redis should count as this process's. */
  get registered(): number {
    return this.#registered.size;
  }

  get hasPendingUpdates(): boolean {
    return this.#pending.size > 0;
  }

  begin(connection: Connection): void {
    const { connectionId } = connection;
    this.#ended.delete(connectionId);
    this.#living.set(connectionId, connection);
    this.#pending.add(connectionId);
  }

  /** Returns whether there was such a living connection. */
  end(connectionId: string, at: number): boolean {
    const connection = this.#living.get(connectionId);
    if (!connection) return false;
    this.#living.delete(connectionId);
    this.#ended.set(connectionId, { connection, endedAt: at, forgetAt: null });
    this.#pending.add(connectionId);
    return true;
  }

  endAll(at: number): void {
    for (const connectionId of this.#living.keys()) this.end(connectionId, at);
  }

  /** Takes the oldest news. They are to be confirmed, or taken back. */
  takeUpdates(): PresenceUpdates {
    const connects = [];
    const disconnects = [];
    for (const connectionId of this.#pending) {
      if (connects.length + disconnects.length >= batchSize) break;
      this.#pending.delete(connectionId);
      const isKnown = this.#lost.has(connectionId);
      const ended = this.#ended.get(connectionId);
      const connection = this.#living.get(connectionId) ?? ended?.connection;
      // A connection that ended is told from its beginning where that was lost, so that its viewer's grace period runs.
      if (connection && (!ended || isKnown)) connects.push({ connection, isKnown });
      if (ended) {
        disconnects.push({ connectionId, viewerId: ended.connection.viewerId, endedAt: ended.endedAt });
      }
    }
    return { connects, disconnects };
  }

  /** The step failed: perhaps Redis has heard, perhaps not. */
  requeue({ connects, disconnects }: PresenceUpdates): void {
    for (const { connection } of connects) this.#pending.add(connection.connectionId);
    for (const { connectionId } of disconnects) this.#pending.add(connectionId);
  }

  /** Redis has taken note. */
  confirm({ connects, disconnects }: PresenceUpdates, now: number): void {
    for (const { connection } of connects) {
      this.#registered.add(connection.connectionId);
      this.#lost.delete(connection.connectionId);
    }
    for (const { connectionId } of disconnects) {
      const wasRegistered = this.#registered.delete(connectionId);
      const ended = this.#ended.get(connectionId);
      if (ended) ended.forgetAt = wasRegistered ? now + this.#graceMs : now;
    }
    for (const [connectionId, { forgetAt }] of this.#ended) {
      if (forgetAt !== null && forgetAt <= now) this.#ended.delete(connectionId);
    }
  }

  /** Redis has lost everything: all that is held is news. */
  loseAll(): void {
    for (const [connectionId, { forgetAt }] of this.#ended) {
      if (forgetAt !== null) this.#lost.add(connectionId);
      this.#pending.add(connectionId);
    }
    for (const connectionId of this.#living.keys()) this.#pending.add(connectionId);
    for (const connectionId of this.#registered) this.#lost.add(connectionId);
    this.#registered.clear();
  }

  /** Redis counts these connections as ours: what differs becomes news. */
  align(members: readonly PresenceMember[], now: number): void {
    const counted = new Map(members.map((member) => [member.connectionId, member.viewerId]));
    for (const connectionId of this.#registered) {
      if (counted.has(connectionId)) continue;
      this.#registered.delete(connectionId);
      this.#pending.add(connectionId);
    }
    for (const [connectionId, viewerId] of counted) {
      if (this.#registered.has(connectionId)) continue;
      this.#registered.add(connectionId);
      this.#pending.add(connectionId);
      if (this.#living.has(connectionId) || this.#ended.has(connectionId)) continue;
      const connection = { connectionId, viewerId, name: null, role: null, connectedAt: now };
      this.#ended.set(connectionId, { connection, endedAt: now, forgetAt: null });
    }
  }
}
