/** Turns comings, goings and choices of users into events on the streams of users. */
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

/** Pauses between attempts while a store cannot be reached, milliseconds: half a minute in all. */
const retryDelaysMs = [200, 500, 1_000, 2_000, 4_000, 8_000, 15_000];

/**
 * Presence reports here who comes and goes, the mutation which status a user chose. Each is first written to the session
 * and dated afterwards, so whoever reads a session at some time has read every change that is dated earlier. Changes of
 * one user are published in the order in which they were reported here. A user who chose OFFLINE comes and goes unseen: they were last seen
 * when they chose it.
 */
export class UserStatusFeed implements PresenceListener {
  readonly #deps: StatusFeedDeps;
  /** The last task of each user, while there is one. */
  readonly #tasks = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();

  constructor(deps: StatusFeedDeps) {
    this.#deps = deps;
  }

  onOnline({ viewerId, at }: Parameters<PresenceListener['onOnline']>[0]): void {
    this.#enqueue(viewerId, async () => {
      const session = await this.#saveLastSeen(viewerId, at);
      await this.#publish(viewerId, {
        status: chosenStatus(session),
        previousStatus: 'OFFLINE',
        isOnline: true,
      });
    });
  }

  onOffline({ viewerId, lastSeen }: Parameters<PresenceListener['onOffline']>[0]): void {
    this.#enqueue(viewerId, async () => {
      const session = await this.#saveLastSeen(viewerId, lastSeen);
      await this.#publish(viewerId, {
        status: 'OFFLINE',
        previousStatus: chosenStatus(session),
        isOnline: false,
      });
    });
  }

  /** Resolves when the choice is stored; it is published afterwards. */
  async choose(presence: Presence, viewerId: string, status: UserStatus): Promise<void> {
    const { sessions, clock } = this.#deps;
    const update = await sessions.update(viewerId, { status });
    if (!update) await sessions.create({ viewerId, status, lastSeen: 0 });
    const previousStatus = chosenStatus(update?.before);
    // Who is not connected is seen as OFFLINE, before as after.
    if (!(await presence.find([viewerId])).has(viewerId)) return;
    const isOnline = status !== 'OFFLINE';
    if (!isOnline && previousStatus !== 'OFFLINE') await sessions.update(viewerId, { lastSeen: clock.now() });
    this.#enqueue(viewerId, () => this.#publish(viewerId, { status, previousStatus, isOnline }));
  }

  /** Waits for the tasks that are under way, without further pauses. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#tasks.values());
  }

  async #saveLastSeen(viewerId: string, lastSeen: number): Promise<Session> {
    const { sessions } = this.#deps;
    return this.#withRetry(async () => {
      const isUnseen = chosenStatus(await sessions.get(viewerId)) === 'OFFLINE';
      // Written in any case: that keeps the session.
      const update = await sessions.update(viewerId, isUnseen ? {} : { lastSeen });
      return update?.after ?? sessions.create({ viewerId, status: 'ONLINE', lastSeen });
    });
  }

  async #publish(userId: string, change: Omit<UserStatusEvent, 'userId' | 'timestamp'>): Promise<void> {
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

  #enqueue(userId: string, task: () => Promise<void>): void {
    const done = (this.#tasks.get(userId) ?? Promise.resolve()).then(task).catch((error: unknown) => {
      this.#deps.log.error({ err: error, userId }, 'a change of status could not be published');
    });
    this.#tasks.set(userId, done);
    void done.then(() => {
      if (this.#tasks.get(userId) === done) this.#tasks.delete(userId);
    });
  }

  /** To write the same session or to append the same event again changes nothing, so an attempt of unknown outcome is repeated. */
  async #withRetry<T>(attempt: () => Promise<T>): Promise<T> {
    const { clock, log } = this.#deps;
    for (const delayMs of retryDelaysMs) {
      try {
        return await attempt();
      } catch (error) {
        if (this.#closing.signal.aborted) throw error;
        log.warn({ err: error }, 'a store did not take a change of status; trying again');
        await clock.sleep(delayMs, this.#closing.signal);
      }
    }
    return attempt();
  }
}
