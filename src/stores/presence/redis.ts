/** Owns the presence of all processes: what this one holds, and its steps that keep Redis in line with it. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../observability/log.ts';
import { LocalPresence, type PresenceUpdates } from './local-presence.ts';
import { createPresenceKeys, takePresenceStep } from './script.ts';
import type { PresenceAnswer, PresenceReport, PresenceStep } from './script.ts';
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

/** How often a process that can't reach Redis tries again, besides at once when the connection is back. */
const retryMs = 1_000;

const subject = 'Presence';

/**
 * A process changes Redis in steps, one at a time, each one script: its news, the renewal of its lease, and its share
 * of the cleaning up (viewers whose grace period has ended, processes whose lease has).
 *
 * - **Redis away**: `connect` and `disconnect` resolve, at once when that is known, and Redis hears of them when it is
 *   back; reads reject with Unavailable. A Redis that lost everything is told everything again; the coming of
 *   those who were there is not reported a second time, unless they moved from one process to another meanwhile.
 * - **Time**: leases end by the server's own time. Grace periods go by the processes' clocks, which should agree
 *   to within a fraction of `graceMs`.
 * - **Reports** are confirmed to Redis after the listener was called. A process that dies in between has its unconfirmed
 *   ones repeated by another.
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

  /** Ends of grace periods that began in steps of this process: it ends them itself, others only if it is late. */
  #graceEnds: number[] = [];
  #epoch = '';
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
    if (this.#isClosed || !this.#local.end(connectionId, this.#clock.now())) return;
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
    this.#local.endAll(this.#clock.now());
    // When Redis is away the lease ends by itself.
    await this.#tell();
    this.#stopTimer();
  }

  /** Resolves when Redis knows, or can't be told now. */
  async #tell(): Promise<void> {
    if (!this.#isAway) await this.#step();
  }

  /** One step at a time; whoever asks while one runs shares the next. */
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
      wakeMs = await this.#stepUntilSettled();
      if (this.#isAway) this.#log.info('Presence is in line with Redis again');
      this.#isAway = false;
    } catch (error) {
      if (!(error instanceof Unavailable)) this.#log.error({ err: error }, 'A step of presence failed');
      else if (!this.#isAway) this.#log.warn({ err: error }, 'Presence waits for Redis');
      this.#isAway = true;
      wakeMs = retryMs;
    }
    if (this.#isClosed) return;
    this.#stopTimer = this.#clock.after(Math.min(wakeMs, this.#options.leaseMs / 3), () => void this.#step());
  }

  /** Steps until there is nothing left to do now. Returns the milliseconds until there is. */
  async #stepUntilSettled(): Promise<number> {
    let mayAlign = true;
    for (;;) {
      const answer = await this.#takeStep(mayAlign);
      mayAlign &&= !this.#wantsMembers;
      const isSettled =
        answer.isDone &&
        !answer.hasMore &&
        answer.reports.length === 0 &&
        this.#deadProcessId === null &&
        !this.#wantsMembers &&
        !this.#local.hasPendingUpdates;
      if (!isSettled) continue;
      const untilGraceEnds = (this.#graceEnds[0] ?? Infinity) - this.#clock.now();
      return Math.max(0, Math.min(untilGraceEnds, (answer.nextLeaseEndMs ?? Infinity) + 1));
    }
  }

  async #takeStep(mayAlign: boolean): Promise<PresenceAnswer> {
    const news = this.#local.takeUpdates();
    const step = this.#describeStep(news);
    let answer: PresenceAnswer;
    try {
      answer = await reach(subject, () =>
        takePresenceStep(this.#redis.commands, this.#keys.ofStep(this.#deadProcessId), step),
      );
    } catch (error) {
      this.#local.requeue(news);
      throw error;
    }
    this.#epoch = answer.epoch;
    if (answer.isDone) this.#accept(news, step, answer, mayAlign);
    else {
      this.#log.warn('Redis has lost the presence, and is told again');
      this.#local.requeue(news);
      this.#local.loseAll();
    }
    return answer;
  }

  #describeStep(news: PresenceUpdates): PresenceStep {
    const { graceMs, leaseMs } = this.#options;
    return {
      ...news,
      processId: this.#processId,
      now: this.#clock.now(),
      graceMs,
      leaseMs,
      keepMs: 3 * leaseMs + 2 * graceMs,
      handled: this.#handled,
      epoch: this.#epoch,
      freshEpoch: randomUUID(),
      deadProcessId: this.#deadProcessId,
      wantsMembers: this.#wantsMembers,
      // Only with its last news: nobody would clean up what is left without a lease.
      isLeaving: this.#isClosed && !this.#local.hasPendingUpdates,
    };
  }

  #accept(news: PresenceUpdates, step: PresenceStep, answer: PresenceAnswer, mayAlign: boolean): void {
    const { now, graceMs } = step;
    this.#local.confirm(news, now);
    if (step.wantsMembers) this.#local.align(answer.members, now);
    this.#wantsMembers = mayAlign && !step.wantsMembers && answer.connections !== this.#local.registered;
    if (news.disconnects.length > 0 || step.deadProcessId !== null) this.#graceEnds.push(now + graceMs);
    this.#graceEnds = this.#graceEnds.filter((end) => end > now);
    // Who is closing leaves the dead to others.
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
      this.#log.error({ err: error, viewerId, kind }, 'The listener of presence threw');
    }
  }

  async #read<T>(use: () => Promise<T>): Promise<T> {
    if (this.#isAway) throw new Unavailable(subject, new Error('The last step of this process failed.'));
    return reach(subject, use);
  }
}

/** Reads a viewer as the script keeps it. */
function parseViewer(viewerId: string, json: string): PresentViewer {
  const { connections, connectedAt, name, role } = JSON.parse(json) as PresentViewer & {
    connections: object;
  };
  return { viewerId, name, role, connectedAt, connectionCount: Object.keys(connections).length };
}
