/** The event log that many processes share: events are kept in Redis Streams and followed over Redis pub/sub. */
import type { Clock } from '../../lib/clock.ts';
import { within } from '../../lib/deadline.ts';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { Appends } from './appends.ts';
import { EventLogChannels } from './channels.ts';
import { EventLogChecks } from './checks.ts';
import { FirstReads } from './first-reads.ts';
import { FollowedTopic } from './followed-topic.ts';
import { channelOf, createLogScripts, type LogScripts } from './script.ts';
import type {
  AppendedEvent,
  AppendRequest,
  EventLog,
  EventLogBounds,
  Follower,
  Following,
  Position,
  ReadResult,
  Standing,
} from './event-log.ts';
import { reach, type RedisConnections } from '../redis-connections.ts';

const defaultCheckIntervalMs = 5_000;
const defaultFollowTimeoutMs = 10_000;
const unsubscribeTimeoutMs = 2_000;
/** How long a log without events outlives the process that followed it, milliseconds; longer than between two checks. */
const minEmptyAgeMs = 120_000;

export interface EventLogRedisOptions {
  readonly redis: RedisConnections;
  readonly bounds: EventLogBounds;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'logGaps'>;
  readonly log: Logger;
  /** Mean time between two checks of followed topics against their logs, milliseconds. Default 5000. */
  readonly checkIntervalMs?: number;
  /** How long a log without events is kept when its last follower has left, milliseconds. Default: two checks of followers that are not heard of. */
  readonly forgetAfterMs?: number;
  /** `follow` rejects when no `follow` at all was answered by Redis for this long, milliseconds. Default 10000. */
  readonly followTimeoutMs?: number;
}

/** A topic that somebody follows or is about to follow. */
interface OpenTopic {
  readonly followed: FollowedTopic;
  /** Resolves once Redis has confirmed the subscription to the channel. */
  readonly isSubscribed: Promise<void>;
  readonly stopListening: Promise<() => void>;
  users: number;
  /** Whether somebody may come back with its position, though there was no event. */
  isKept: boolean;
}

/**
 * An append is as durable as Redis is: with `appendonly yes` and `appendfsync always` it survives a crash of the machine
 * of Redis, with `everysec` only a crash of its process.
 *
 * A Redis that comes back from an older copy of its data (after a crash, or a failover to a replica that was behind)
 * holds lower offsets than it gave out. Whoever notices first begins a new epoch: an append by a process that knows a
 * higher offset, the check of a follower, or `findMissing`, of what the record says that it was appended. Of topics whose events are in no
 * record (presence), and that nobody alive has followed or appended to, nobody notices: a client's cursor is taken for a valid one again as
 * soon as the log has grown past it.
 */
export class EventLogRedis implements EventLog {
  readonly #options: Required<EventLogRedisOptions>;
  readonly #scripts: LogScripts;
  readonly #channels: EventLogChannels;
  readonly #checks: EventLogChecks;
  readonly #topics = new Map<string, OpenTopic>();
  readonly #appends: Appends;
  readonly #firstReads: FirstReads;
  #isClosed = false;

  constructor(options: EventLogRedisOptions) {
    this.#options = {
      checkIntervalMs: defaultCheckIntervalMs,
      followTimeoutMs: defaultFollowTimeoutMs,
      forgetAfterMs: 2 * (options.checkIntervalMs ?? defaultCheckIntervalMs),
      ...options,
    };
    const { redis, bounds, clock, log, checkIntervalMs, followTimeoutMs, forgetAfterMs } = this.#options;
    const emptyAgeMs = Math.min(bounds.maxAgeMs, Math.max(minEmptyAgeMs, 4 * checkIntervalMs));
    this.#scripts = createLogScripts(redis, { bounds, emptyAgeMs, forgetAfterMs });
    this.#appends = new Appends(this.#scripts);
    this.#channels = new EventLogChannels(redis);
    this.#firstReads = new FirstReads({ clock, timeoutMs: followTimeoutMs });
    this.#checks = new EventLogChecks({
      topics: () => this.#topics.values().map(({ followed }) => followed),
      channels: this.#channels,
      scripts: this.#scripts,
      clock,
      intervalMs: checkIntervalMs,
      log,
    });
  }

  beginTurns(): Promise<void> {
    return this.#appends.beginTurns();
  }

  findMissing(appended: readonly AppendedEvent[]): Promise<readonly AppendedEvent[]> {
    return this.#appends.findMissing(appended);
  }

  /** To many topics at the same time, and to each topic in order. */
  append(requests: readonly AppendRequest[], turn: number | null = null): Promise<Position[]> {
    return this.#appends.append(requests, turn);
  }

  async position(topic: string): Promise<Position> {
    const options = { after: undefined, limit: 0, isTrusted: false, isKept: true };
    return (await this.#scripts.read(topic, options)).position;
  }

  standing(topic: string, value?: string): Promise<Standing> {
    return this.#scripts.standing(topic, value);
  }

  async read(topic: string, after: Position, limit: number): Promise<ReadResult> {
    const { events, position } = await this.#scripts.read(topic, { after, limit, isTrusted: false });
    return events ? { kind: 'events', events } : { kind: 'lost', position };
  }

  async follow(topic: string, follower: Follower): Promise<Following> {
    if (this.#isClosed) throw new Error('The event log is closed.');
    const open = this.#topics.get(topic) ?? this.#open(topic);
    open.users += 1;
    try {
      await reach('The event log', () => this.#firstReads.read(open.followed, open.isSubscribed));
      if (this.#isClosed) throw new Error('The event log is closed.');
    } catch (error) {
      await this.#release(open);
      throw error;
    }
    // A new object for each call, since the same follower may follow a topic twice.
    const member: Follower = {
      onEvent: (event, text) => follower.onEvent(event, text),
      onLost: (position, began) => follower.onLost(position, began),
    };
    let closing: Promise<void> | undefined;
    const close = () => {
      open.followed.leave(member);
      return (closing ??= this.#release(open));
    };
    const { followed } = open;
    const keep = () => void (open.isKept = true);
    return { position: followed.join(member), began: followed.began, keep, close };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const open = [...this.#topics.values()];
    this.#topics.clear();
    for (const { followed } of open) followed.close();
    this.#checks.close();
    await this.#unsubscribe(open.map(({ followed }) => followed.channel));
    this.#channels.close();
  }

  #open(topic: string): OpenTopic {
    const { redis, metrics, log } = this.#options;
    const channel = channelOf(redis, topic);
    const followed = new FollowedTopic({
      topic,
      channel,
      scripts: this.#scripts,
      metrics,
      log,
      onStuck: () => this.#checks.retry(),
    });
    const open: OpenTopic = {
      followed,
      stopListening: this.#channels.listen(channel, (text) => followed.onMessage(text)),
      isSubscribed: this.#channels.subscribe([channel]),
      users: 0,
      isKept: false,
    };
    this.#topics.set(topic, open);
    return open;
  }

  async #release(open: OpenTopic): Promise<void> {
    open.users -= 1;
    if (open.users > 0) return;
    const { followed, stopListening } = open;
    // Whoever follows the topic again from here on opens it again: their SUBSCRIBE is sent after this UNSUBSCRIBE.
    this.#topics.delete(followed.topic);
    followed.close();
    const unsubscribing = this.#unsubscribe([followed.channel]);
    (await stopListening)();
    await unsubscribing;
    if (followed.known?.offset === 0) await this.#keepOrForget(open);
  }

  /**
   * Done with a topic without events when it is left, since that is once. Where it fails, or the process dies before, the
   * position is valid for a while, and whoever comes back later begins with a snapshot.
   */
  async #keepOrForget({ followed: { topic }, isKept }: OpenTopic): Promise<void> {
    if (!this.#channels.isConnected) return;
    const done = isKept ? this.position(topic) : this.#scripts.forget(topic);
    await done.catch((error: unknown) => {
      this.#options.log.warn({ err: error, topic }, 'a topic without events could not be left');
    });
  }

  /** Without a connection the command is sent as soon as there is one, and the caller does not wait for that. */
  async #unsubscribe(channels: readonly string[]): Promise<void> {
    const { clock, log } = this.#options;
    const isConnected = this.#channels.isConnected;
    const unsubscribing = this.#channels.unsubscribe(channels);
    const reported = within(clock, unsubscribeTimeoutMs, 'UNSUBSCRIBE', unsubscribing).catch(
      (error: unknown) => {
        if (isConnected) log.warn({ err: error, channels: channels.length }, 'channels could not be left');
      },
    );
    if (isConnected) await reported;
  }
}
