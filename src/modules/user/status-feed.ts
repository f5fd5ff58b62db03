/** Owns what becomes of a change of status: who came, went or chose, as events on the streams of users. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../observability/log.ts';
import type { EventLog } from '../../stores/event-log/event-log.ts';
import type { Presence, PresenceListener } from '../../stores/presence/presence.ts';
import type { Session, Sessions } from '../../stores/sessions/sessions.ts';
import { usersTopic, userTopic, type UserStatus, type UserStatusEvent } from './events.ts';
import { chosenStatus } from './status.ts';

export interface StatusFeedDeps {
  readonly eventLog: EventLog;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Pauses between attempts while a store can't be reached, milliseconds: half a minute in all. */
const retryDelaysMs = [200, 500, 1_000, 2_000, 4_000, 8_000, 15_000];

/**
 * Presence reports comings and goings to it, the mutation choices. Each is written to the session first and dated
 * afterwards, so that who reads a session at some time has read every change dated earlier. Changes of one user are
 * told in the order they were reported here. A user who chose OFFLINE comes and goes unseen.
 */
export class UserStatusFeed implements PresenceListener {
  readonly #deps: StatusFeedDeps;
  /** The last piece of work of each user, while there is one. */
  readonly #working = new Map<string, Promise<void>>();
  readonly #waiting = new Set<() => void>();
  #closed = false;

  constructor(deps: StatusFeedDeps) {
    this.#deps = deps;
  }

  onOnline({ viewerId, at }: Parameters<PresenceListener['onOnline']>[0]): void {
    this.#afterOthers(viewerId, async () => {
      const session = await this.#seen(viewerId, at);
      await this.#tell(viewerId, {
        status: chosenStatus(session),
        previousStatus: 'OFFLINE',
        isOnline: true,
      });
    });
  }

  onOffline({ viewerId, lastSeen }: Parameters<PresenceListener['onOffline']>[0]): void {
    this.#afterOthers(viewerId, async () => {
      const session = await this.#seen(viewerId, lastSeen);
      await this.#tell(viewerId, {
        status: 'OFFLINE',
        previousStatus: chosenStatus(session),
        isOnline: false,
      });
    });
  }

  /** Resolves when the choice is kept; telling it to others follows. */
  async choose(presence: Presence, viewerId: string, status: UserStatus): Promise<void> {
    const { sessions, clock } = this.#deps;
    const update = await sessions.update(viewerId, { status });
    if (!update) await sessions.create({ viewerId, status, lastSeen: clock.now() });
    const previousStatus = chosenStatus(update?.before);
    const isOnline = (await presence.find([viewerId])).has(viewerId);
    // Whoever is not connected is seen as OFFLINE, before as after.
    if (isOnline)
      this.#afterOthers(viewerId, () => this.#tell(viewerId, { status, previousStatus, isOnline }));
  }

  /** Lets the work at hand end, without further pauses. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of this.#waiting) wake();
    await Promise.all(this.#working.values());
  }

  async #seen(viewerId: string, lastSeen: number): Promise<Session> {
    const { sessions } = this.#deps;
    return this.#withRetry(async () => {
      const update = await sessions.update(viewerId, { lastSeen });
      return update?.after ?? sessions.create({ viewerId, status: 'ONLINE', lastSeen });
    });
  }

  async #tell(userId: string, change: Omit<UserStatusEvent, 'userId' | 'timestamp'>): Promise<void> {
    if (change.status === change.previousStatus) return;
    const { eventLog, clock } = this.#deps;
    const at = clock.now();
    const data: UserStatusEvent = { userId, ...change, timestamp: new Date(at).toISOString() };
    const event = { id: randomUUID(), at, data };
    await this.#withRetry(() =>
      eventLog.append([
        { topic: userTopic(userId).key, event },
        { topic: usersTopic.key, event },
      ]),
    );
  }

  #afterOthers(userId: string, work: () => Promise<void>): void {
    const done = (this.#working.get(userId) ?? Promise.resolve()).then(work).catch((error: unknown) => {
      this.#deps.log.error({ err: error, userId }, 'a change of status was not told');
    });
    this.#working.set(userId, done);
    void done.then(() => {
      if (this.#working.get(userId) === done) this.#working.delete(userId);
    });
  }

  /** Writing the same session or appending the same event again changes nothing, so it is tried until it is known to be there. */
  async #withRetry<T>(attempt: () => Promise<T>): Promise<T> {
    for (const delayMs of retryDelaysMs) {
      try {
        return await attempt();
      } catch (error) {
        if (this.#closed) throw error;
        this.#deps.log.warn({ err: error }, 'a store did not take a change of status; trying again');
        await this.#pause(delayMs);
      }
    }
    return attempt();
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        cancel();
        resolve();
      };
      const cancel = this.#deps.clock.after(delayMs, wake);
      this.#waiting.add(wake);
    });
  }
}
