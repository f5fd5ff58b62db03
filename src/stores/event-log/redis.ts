/** Owns the event log that many processes share: kept in Redis Streams, followed over Redis pub/sub. */
import type { Clock } from '../../lib/clock.ts';
import { within } from '../../lib/deadline.ts';
import type { Logger } from '../../observability/log.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { createSemaphore } from '../../lib/semaphore.ts';
import { EventLogChannels } from './channels.ts';
import { EventLogChecks } from './checks.ts';
import { FollowedTopic } from './follower.ts';
import { channelOf, createLogScripts, type LogScripts } from './script.ts';
import type {
  AppendRequest,
  EventLog,
  EventLogBounds,
  Follower,
  Following,
  NewEvent,
  Position,
  ReadResult,
} from './event-log.ts';
import { reach, type RedisConnections } from '../redis-connections.ts';

const defaultCheckIntervalMs = 5_000;
const defaultFollowTimeoutMs = 10_000;
const unsubscribeTimeoutMs = 2_000;
/** Between two attempts to read a log while others are answered, milliseconds. */
const retryMs = 100;
/** Events of one script call: Redis serves nobody else meanwhile. */
const maxAppendedAtOnce = 100;
/** Topics whose scripts are under way at once, of one `append` or of all who follow: none is to time out behind the others. */
const maxTopicsAtOnce = 200;
/** Topics whose last append is remembered, to notice that Redis has lost it. */
const maxRemembered = 10_000;

export interface EventLogRedisOptions {
  readonly redis: RedisConnections;
  readonly bounds: EventLogBounds;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'logGaps'>;
  readonly log: Logger;
  /** Mean time between two checks of followed topics against their logs, milliseconds. Default 5000. */
  readonly checkIntervalMs?: number;
  /** How long a topic is still heard after its last follower left, milliseconds. Default 0. */
  readonly lingerMs?: number;
  /** How long Redis may answer nobody who waits in `follow` before it rejects, milliseconds. Default 10000. */
  readonly followTimeoutMs?: number;
}

/** A topic that somebody follows, is about to follow, or followed a moment ago. */
interface OpenTopic {
  readonly followed: FollowedTopic;
  readonly isSubscribed: Promise<void>;
  readonly stopListening: Promise<() => void>;
  users: number;
  stopLingering: () => void;
}

/**
 * An append is durable as far as Redis is: with `appendonly yes` and `appendfsync always` against a crash of its
 * machine, with `everysec` against one of its process.
 *
 * A Redis that comes back from an older copy of its data (a crash, a failover to a late replica) holds offsets below
 * those it gave out. Whoever notices first, an append of a process that knows a later offset or a follower's check,
 * begins a new epoch. A cursor that nobody alive remembers can pass unnoticed once the log has grown past it again.
 */
export class EventLogRedis implements EventLog {
  readonly #options: Required<EventLogRedisOptions>;
  readonly #scripts: LogScripts;
  readonly #channels: EventLogChannels;
  readonly #checks: EventLogChecks;
  readonly #topics = new Map<string, OpenTopic>();
  readonly #appended = new Map<string, Position>();
  readonly #inTurn = createSemaphore(maxTopicsAtOnce);
  /** When the last step of a `follow` was answered. */
  #answeredAt = -Infinity;
  #isClosed = false;

  constructor(options: EventLogRedisOptions) {
    this.#options = {
      checkIntervalMs: defaultCheckIntervalMs,
      lingerMs: 0,
      followTimeoutMs: defaultFollowTimeoutMs,
      ...options,
    };
    const { redis, bounds, clock, log, checkIntervalMs } = this.#options;
    this.#scripts = createLogScripts(redis, bounds);
    this.#channels = new EventLogChannels(redis);
    this.#checks = new EventLogChecks({
      topics: () => this.#topics.values().map(({ followed }) => followed),
      channels: this.#channels,
      scripts: this.#scripts,
      clock,
      intervalMs: checkIntervalMs,
      log,
    });
  }

  /** Topics side by side, the events of each in order. */
  async append(requests: readonly AppendRequest[]): Promise<Position[]> {
    const positions = new Array<Position>(requests.length);
    const byTopic = [...Map.groupBy(requests.keys(), (index) => requests[index]!.topic)];
    for (let start = 0; start < byTopic.length; start += maxTopicsAtOnce) {
      const wave = byTopic.slice(start, start + maxTopicsAtOnce);
      await Promise.all(
        wave.map(async ([topic, indexes]) => {
          const events = indexes.map((index) => requests[index]!.event);
          const appended = await this.#appendTo(topic, events);
          indexes.forEach((index, place) => (positions[index] = appended[place]!));
        }),
      );
    }
    return positions;
  }

  async position(topic: string): Promise<Position> {
    const { position } = await this.#scripts.read(topic, { after: undefined, limit: 0, isTrusted: false });
    return position;
  }

  async read(topic: string, after: Position, limit: number): Promise<ReadResult> {
    const { events, position } = await this.#scripts.read(topic, { after, limit, isTrusted: false });
    return events ? { kind: 'events', events } : { kind: 'lost', position };
  }

  async follow(topic: string, follower: Follower): Promise<Following> {
    if (this.#isClosed) throw new Error('The event log is closed.');
    const open = this.#topics.get(topic) ?? this.#open(topic);
    open.users += 1;
    open.stopLingering();
    try {
      await reach('The event log', () => this.#unlessSilent(topic, this.#catchUp(open)));
      if (this.#isClosed) throw new Error('The event log is closed.');
    } catch (error) {
      await this.#release(open);
      throw error;
    }
    // An own object, for one follower may follow twice.
    const member: Follower = {
      onEvent: (event) => follower.onEvent(event),
      onLost: (position) => follower.onLost(position),
    };
    let closing: Promise<void> | undefined;
    const close = () => {
      open.followed.leave(member);
      return (closing ??= this.#release(open));
    };
    return { position: open.followed.join(member), close };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const open = [...this.#topics.values()];
    this.#topics.clear();
    for (const { followed, stopLingering } of open) {
      stopLingering();
      followed.close();
    }
    this.#checks.close();
    await this.#unsubscribe(open.map(({ followed }) => followed.channel));
    this.#channels.close();
  }

  /** Reads the log for the first time, as often as it takes: a process that stalls takes answers for late that were not. */
  async #catchUp({ isSubscribed, followed }: OpenTopic): Promise<void> {
    const { clock, followTimeoutMs } = this.#options;
    const startedAt = clock.now();
    await isSubscribed;
    this.#answeredAt = clock.now();
    for (;;) {
      try {
        await this.#inTurn(() => followed.catchUp({ isGap: false }));
        this.#answeredAt = clock.now();
        return;
      } catch (error) {
        const quietSince = Math.max(startedAt, this.#answeredAt);
        if (this.#isClosed || clock.now() - quietSince >= followTimeoutMs) throw error;
      }
      await new Promise<void>((resolve) => clock.after(retryMs, resolve));
    }
  }

  /** Settles like `reading`; rejects when Redis answers nobody for too long. To wait behind thousands of others is no failure. */
  #unlessSilent(topic: string, reading: Promise<void>): Promise<void> {
    const { clock, followTimeoutMs } = this.#options;
    const startedAt = clock.now();
    return new Promise((resolve, reject) => {
      let cancel = () => {};
      const look = () => {
        const leftMs = Math.max(startedAt, this.#answeredAt) + followTimeoutMs - clock.now();
        if (leftMs > 0) cancel = clock.after(leftMs, look);
        else reject(new Error(`Following ${topic}: Redis has not answered for ${followTimeoutMs} ms.`));
      };
      look();
      reading.then(resolve, reject).finally(() => cancel());
    });
  }

  async #appendTo(topic: string, events: readonly NewEvent[]): Promise<Position[]> {
    const positions: Position[] = [];
    for (let start = 0; start < events.length; start += maxAppendedAtOnce) {
      const chunk = events.slice(start, start + maxAppendedAtOnce);
      const known = this.#appended.get(topic);
      positions.push(...(await this.#scripts.append(topic, chunk, known, this.#options.clock.now())));
      this.#remember(topic, positions.at(-1)!);
    }
    return positions;
  }

  #remember(topic: string, position: Position): void {
    const known = this.#appended.get(topic);
    if (known?.epoch === position.epoch && known.offset >= position.offset) return;
    this.#appended.delete(topic);
    this.#appended.set(topic, position);
    if (this.#appended.size > maxRemembered) {
      for (const oldest of this.#appended.keys().take(1)) this.#appended.delete(oldest);
    }
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
      stopListening: this.#channels.listen(channel, (message) => followed.onMessage(message)),
      isSubscribed: this.#channels.subscribe([channel]),
      users: 0,
      stopLingering: () => {},
    };
    this.#topics.set(topic, open);
    return open;
  }

  async #release(open: OpenTopic): Promise<void> {
    open.users -= 1;
    if (open.users > 0) return;
    const { clock, lingerMs } = this.#options;
    if (lingerMs === 0) return this.#leave(open);
    open.stopLingering = clock.after(lingerMs, () => void this.#leave(open));
  }

  async #leave({ followed, stopListening }: OpenTopic): Promise<void> {
    // Whoever follows it again from here on sends SUBSCRIBE behind this UNSUBSCRIBE.
    this.#topics.delete(followed.topic);
    followed.close();
    const unsubscribing = this.#unsubscribe([followed.channel]);
    (await stopListening)();
    await unsubscribing;
  }

  /** Without a connection it waits for one and takes effect then: no reason to keep anybody waiting. */
  async #unsubscribe(channels: readonly string[]): Promise<void> {
    const { clock, log } = this.#options;
    const isConnected = this.#channels.isConnected;
    const unsubscribing = this.#channels.unsubscribe(channels);
    const reported = within(clock, unsubscribeTimeoutMs, 'UNSUBSCRIBE', unsubscribing).catch(
      (error: unknown) => {
        if (isConnected) log.warn({ err: error, channels: channels.length }, 'Channels could not be left');
      },
    );
    if (isConnected) await reported;
  }
}
