/** The connections of this process, and what Redis does not know about them yet. */
import type { Moment } from '../../lib/clock.ts';
import type { Connection } from './presence.ts';

interface Ended {
  readonly connection: Connection;
  /** By `Clock.elapsed`, as all times here. */
  readonly endedAt: number;
  /** Null until Redis knows of the end. Then it is kept until this time, in case Redis loses it again. */
  forgetAt: number | null;
}

/** A connection as Redis lists it. */
export interface PresenceMember {
  readonly connectionId: string;
  readonly viewerId: string;
}

/** What a step tells Redis. */
export interface PresenceUpdates {
  /** `isKnown`: Redis knew of it, and lost it. That the viewer is online was reported then, and is not reported again. */
  readonly connects: readonly { readonly connection: Connection; readonly isKnown: boolean }[];
  readonly disconnects: readonly (PresenceMember & { readonly endedAgoMs: number })[];
}

/** Updates of one step: few, so that no script runs for long. */
const batchSize = 200;

export class LocalPresence {
  readonly #graceMs: number;
  readonly #living = new Map<string, Connection>();
  readonly #ended = new Map<string, Ended>();
  /** Ids of connections whose state Redis may not know. */
  readonly #pending = new Set<string>();
  /** Ids of connections that Redis counts as living. */
  readonly #registered = new Set<string>();
  /** Ids of connections that Redis knew before it lost its data. */
  readonly #lost = new Set<string>();

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** How many connections Redis should count for this process. */
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

  /** Takes the oldest pending updates. They are to be confirmed, or put back with `requeue`. */
  takeUpdates(now: number): PresenceUpdates {
    const connects = [];
    const disconnects = [];
    for (const connectionId of this.#pending) {
      if (connects.length + disconnects.length >= batchSize) break;
      this.#pending.delete(connectionId);
      const isKnown = this.#lost.has(connectionId);
      const ended = this.#ended.get(connectionId);
      const connection = this.#living.get(connectionId) ?? ended?.connection;
      // Where Redis has lost a connection that ended since, it is told of its beginning too: an end alone would start no grace
      // period.
      if (connection && (!ended || isKnown)) connects.push({ connection, isKnown });
      if (ended) {
        const { connection: of, endedAt } = ended;
        disconnects.push({ connectionId, viewerId: of.viewerId, endedAgoMs: Math.round(now - endedAt) });
      }
    }
    return { connects, disconnects };
  }

  /** Puts updates back whose step failed: Redis may or may not know of them. */
  requeue({ connects, disconnects }: PresenceUpdates): void {
    for (const { connection } of connects) this.#pending.add(connection.connectionId);
    for (const { connectionId } of disconnects) this.#pending.add(connectionId);
  }

  /** Redis knows of these updates now. */
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

  /** Redis has lost its data: everything becomes a pending update. */
  requeueAll(): void {
    for (const [connectionId, { forgetAt }] of this.#ended) {
      if (forgetAt !== null) this.#lost.add(connectionId);
      this.#pending.add(connectionId);
    }
    for (const connectionId of this.#living.keys()) this.#pending.add(connectionId);
    for (const connectionId of this.#registered) this.#lost.add(connectionId);
    this.#registered.clear();
  }

  /** Compares with the connections that Redis counts for this process: what differs becomes a pending update. */
  align(members: readonly PresenceMember[], now: number, shownAt: Moment): void {
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
      const connection = { connectionId, viewerId, name: null, role: null, connectedAt: shownAt };
      this.#ended.set(connectionId, { connection, endedAt: now, forgetAt: null });
    }
  }
}
