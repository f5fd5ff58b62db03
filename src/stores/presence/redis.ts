/** Presence of all processes in Redis: this process takes steps, each of which tells Redis what has changed here. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../observability/log.ts';
import { LocalPresence, type PresenceUpdates } from './local-presence.ts';
import { createPresenceKeys } from './script.ts';
import { takePresenceStep, type PresenceAnswer, type PresenceReport, type PresenceStep } from './step.ts';
import type { Connection, Presence, PresenceListener, PresenceOptions, PresentViewer } from './presence.ts';
import { reach, type RedisConnections } from '../redis-connections.ts';
import { Unavailable } from '../../lib/unavailable.ts';

export interface PresenceRedisOptions {
  readonly redis: RedisConnections;
  readonly clock: Clock;
  readonly options: PresenceOptions;
  readonly listener: PresenceListener;
  readonly log: Logger;
}

/** Until the next attempt while Redis cannot be reached, milliseconds; a connection that is back is used at once. */
const retryMs = 1_000;
const subject = 'Presence';

/**
 * A process changes Redis in steps, one at a time. A step is one call of a script: it tells Redis what has changed, renews
 * the lease of the process, and cleans up (viewers whose grace period has ended, processes whose lease has).
 *
 * - **Redis away**: `connect` and `disconnect` resolve, and Redis is told when it is back; reads reject with `Unavailable`.
 *   A Redis that has lost its data is told everything again. Viewers who were online then are not reported a second time,
 *   unless they moved from one process to another meanwhile.
 * - **Time**: leases and grace periods end by the time of the Redis server, and reports have its dates. What a process measures
 *   by itself is how long ago something was.
 * - **Reports** are confirmed to Redis after the listener was called. If a process dies before it has confirmed a report,
 *   another process makes that report again.
 */
export class PresenceRedis implements Presence {
  readonly #redis: RedisConnections;
  readonly #clock: Clock;
  readonly #options: PresenceOptions;
  readonly #listener: PresenceListener;
  readonly #log: Logger;
  readonly #processId = randomUUID();
  readonly #local: LocalPresence;
  readonly #keys: ReturnType<typeof createPresenceKeys>;
  readonly #onReady = () => void this.#step();

  /** When grace periods end that began in steps of this process: it takes a step then. */
  #graceEnds: number[] = [];
  #epoch = '';
  /** Number of the last report that the listener was told. */
  #handled = 0;
  #deadProcessId: string | null = null;
  #wantsMembers = false;
  #isAway = false;
  #isClosed = false;
  #lastStep: Promise<void> = Promise.resolve();
  #nextStep: Promise<void> | null = null;
  #stopTimer = () => {};

  constructor({ redis, clock, options, listener, log }: PresenceRedisOptions) {
    this.#redis = redis;
    this.#clock = clock;
    this.#options = options;
    this.#listener = listener;
    this.#log = log;
    this.#local = new LocalPresence(options.graceMs);
    this.#keys = createPresenceKeys(redis, this.#processId);
    redis.commands.on('ready', this.#onReady);
    void this.#step();
  }

  async connect(connection: Connection): Promise<void> {
    if (this.#isClosed) throw new Error('Presence is closed.');
    this.#local.begin(connection);
    await this.#tell();
  }

  async disconnect(connectionId: string): Promise<void> {
    if (this.#isClosed || !this.#local.end(connectionId, this.#clock.elapsed())) return;
    await this.#tell();
  }

  async find(viewerIds: readonly string[]): Promise<ReadonlyMap<string, PresentViewer>> {
    if (viewerIds.length === 0) return new Map();
    const found = await this.#read(() => this.#redis.commands.hmget(this.#keys.viewers, ...viewerIds));
    return new Map(
      viewerIds.flatMap((viewerId, index) => {
        const json = found[index];
        return json ? [[viewerId, parseViewer(viewerId, json)]] : [];
      }),
    );
  }

  async list(limit: number): Promise<readonly PresentViewer[]> {
    if (limit <= 0) return [];
    const viewerIds = await this.#read(() =>
      this.#redis.commands.zrange(this.#keys.since, 0, String(limit - 1)),
    );
    return [...(await this.find(viewerIds)).values()];
  }

  async count() {
    const { commands } = this.#redis;
    const [totals, viewers] = await this.#read(() =>
      Promise.all([commands.hvals(this.#keys.totals), commands.hlen(this.#keys.viewers)]),
    );
    return { connections: totals.reduce((sum, total) => sum + Number(total), 0), viewers };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#redis.commands.off('ready', this.#onReady);
    this.#local.endAll(this.#clock.elapsed());
    // Where Redis is away and cannot be told, the lease ends by itself.
    await this.#tell();
    this.#stopTimer();
  }

  /** Resolves when Redis has been told, or cannot be told now. */
  async #tell(): Promise<void> {
    if (!this.#isAway) await this.#step();
  }

  /** Runs one step at a time. All who call it while one runs share the next. */
  #step(): Promise<void> {
    if (this.#nextStep) return this.#nextStep;
    const next = this.#lastStep.then(async () => {
      this.#nextStep = null;
      await this.#run();
    });
    this.#nextStep = next;
    this.#lastStep = next;
    return next;
  }

  async #run(): Promise<void> {
    this.#stopTimer();
    let wakeMs: number;
    try {
      wakeMs = await this.#stepUntilIdle();
      if (this.#isAway) this.#log.info('presence agrees with Redis again');
      this.#isAway = false;
    } catch (error) {
      if (!(error instanceof Unavailable)) this.#log.error({ err: error }, 'a step of presence failed');
      else if (!this.#isAway) this.#log.warn({ err: error }, 'presence waits for Redis');
      this.#isAway = true;
      wakeMs = retryMs;
    }
    if (this.#isClosed) return;
    this.#stopTimer = this.#clock.after(Math.min(wakeMs, this.#options.leaseMs / 3), () => void this.#step());
  }

  /** Takes steps until there is nothing left to do. Returns after how many milliseconds there is. */
  async #stepUntilIdle(): Promise<number> {
    // Only once: a difference that remains is looked at in the next round.
    let mayAlign = true;
    for (;;) {
      const answer = await this.#takeStep(mayAlign);
      mayAlign &&= !this.#wantsMembers;
      const isIdle =
        answer.isDone &&
        !answer.hasMore &&
        answer.reports.length === 0 &&
        this.#deadProcessId === null &&
        !this.#wantsMembers &&
        !this.#local.hasPendingUpdates;
      if (!isIdle) continue;
      const untilGraceEnds = (this.#graceEnds[0] ?? Infinity) - this.#clock.elapsed();
      return Math.max(0, Math.min(untilGraceEnds, (answer.nextLeaseEndMs ?? Infinity) + 1));
    }
  }

  async #takeStep(mayAlign: boolean): Promise<PresenceAnswer> {
    const updates = this.#local.takeUpdates(this.#clock.elapsed());
    const step = this.#describeStep(updates);
    let answer: PresenceAnswer;
    try {
      answer = await reach(subject, () =>
        takePresenceStep(this.#redis.commands, this.#keys.ofStep(this.#deadProcessId), step),
      );
    } catch (error) {
      this.#local.requeue(updates);
      throw error;
    }
    this.#epoch = answer.epoch;
    if (answer.isDone) this.#accept(updates, step, answer, mayAlign);
    else {
      this.#log.warn('Redis has lost the presence data, and is told everything again');
      this.#local.requeue(updates);
      this.#local.requeueAll();
    }
    return answer;
  }

  #describeStep(updates: PresenceUpdates): PresenceStep {
    const { graceMs, leaseMs } = this.#options;
    return {
      ...updates,
      processId: this.#processId,
      now: this.#redis.serverTime,
      graceMs,
      leaseMs,
      keepMs: 3 * leaseMs + 2 * graceMs,
      handled: this.#handled,
      epoch: this.#epoch,
      freshEpoch: randomUUID(),
      deadProcessId: this.#deadProcessId,
      wantsMembers: this.#wantsMembers,
      // Only together with the last updates: nobody cleans up after a process that has no lease.
      isLeaving: this.#isClosed && !this.#local.hasPendingUpdates,
    };
  }

  #accept(updates: PresenceUpdates, step: PresenceStep, answer: PresenceAnswer, mayAlign: boolean): void {
    const [now, { graceMs }] = [this.#clock.elapsed(), step];
    this.#local.confirm(updates, now);
    if (step.wantsMembers) this.#local.align(answer.members, now, this.#clock.now());
    this.#wantsMembers = mayAlign && !step.wantsMembers && answer.connections !== this.#local.registered;
    if (updates.disconnects.length > 0 || step.deadProcessId !== null) this.#graceEnds.push(now + graceMs);
    this.#graceEnds = this.#graceEnds.filter((end) => end > now);
    // A process that is closing leaves dead ones to the others.
    this.#deadProcessId = this.#isClosed ? null : answer.deadProcessId;
    for (const report of answer.reports) this.#report(report);
  }

  #report({ number, kind, viewerId, at, lastSeen }: PresenceReport): void {
    if (number <= this.#handled) return;
    this.#handled = number;
    try {
      if (kind === 'online') this.#listener.onOnline({ viewerId, at });
      else this.#listener.onOffline({ viewerId, at, lastSeen });
    } catch (error) {
      this.#log.error({ err: error, viewerId, kind }, 'the listener of presence threw');
    }
  }

  async #read<T>(use: () => Promise<T>): Promise<T> {
    if (this.#isAway) throw new Unavailable(subject, new Error('The last step of presence failed.'));
    return reach(subject, use);
  }
}

/** Reads a viewer as the script stores them. */
function parseViewer(viewerId: string, json: string): PresentViewer {
  const { connections, connectedAt, name, role } = JSON.parse(json) as PresentViewer & {
    connections: object;
  };
  return { viewerId, name, role, connectedAt, connectionCount: Object.keys(connections).length };
}
