/** Owns the hub of one process: topics → groups → subscribers, opened when somebody comes and left when the last one goes. */
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { createSemaphore } from '../lib/semaphore.ts';
import { ClientError } from '../lib/errors.ts';
import type { EventLog } from '../stores/event-log/event-log.ts';
import { EventChunks } from './event-chunks.ts';
import { WindowBudget } from './event-window.ts';
import { SharedExecution, type ExecutionOptions } from './execution.ts';
import type { Subscriber } from './frame.ts';
import { Group } from './group.ts';
import { Member } from './member.ts';
import { groupKey, sharedVariables, type PreparedOperation, type Variables } from './group-key.ts';
import { bringToLive, findStart, type Start } from './replay.ts';
import type { SubscriptionSource } from './source.ts';
import { TopicStream, type StreamMemory } from './topic-stream.ts';
import type { Topic } from './topic.ts';

export interface HubOptions {
  readonly eventLog: EventLog;
  readonly execution: ExecutionOptions;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** How long a topic is followed after its last subscriber left, milliseconds: who comes right back finds it warm. */
  readonly lingerMs: number;
  /** How long opening waits for an event log that can't be reached, milliseconds. */
  readonly openTimeoutMs: number;
  /** Told the time of each event when its frames were handed to subscribers, milliseconds since the Unix epoch. */
  readonly onDelivered: (eventAt: number) => void;
}

/** Newest events of all topics together that are kept in memory, some 2.5 KB each with what was made of them. */
const maxWindowEntries = 20_000;
/** Chunks of older events, up to 0.6 MB each, that are kept while many resume. */
const maxChunks = 64;
/** Snapshots made at a time: when thousands of clients come at once, the record has room for others too. */
const maxSnapshotsAtOnce = 16;

interface FollowedTopic {
  readonly opening: Promise<TopicStream>;
  /** Undefined until it is open. */
  stream: TopicStream | undefined;
  readonly groups: Map<string, Group>;
  /** Subscriptions that wait for `opening`. */
  waiting: number;
}

export interface OpenOptions {
  /** Told when the subscription was left, once. */
  readonly onLeft?: () => void;
  /** Aborted when nobody waits for the opening any more. */
  readonly signal?: AbortSignal;
}

export class Hub {
  readonly #options: HubOptions;
  readonly #topics = new Map<string, FollowedTopic>();
  readonly #memory: StreamMemory = {
    windows: new WindowBudget(maxWindowEntries),
    chunks: new EventChunks(maxChunks),
  };
  readonly #snapshotInTurn = createSemaphore(maxSnapshotsAtOnce);
  readonly #internals: HubInternals;
  #closed = false;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#internals = {
      log: options.log,
      release: (group) => {
        options.metrics.subscriptions.dec();
        this.#release(group);
      },
    };
  }

  /** How many groups there are. */
  get groups(): number {
    let count = 0;
    for (const { groups } of this.#topics.values()) count += groups.size;
    return count;
  }

  /**
   * Opens a subscription: follows its topic, joins its group and finds where it begins. Nothing is shown before `start`.
   *
   * Throws the errors that the client is to get: `BAD_USER_INPUT`, `NOT_FOUND`, `UPSTREAM_UNAVAILABLE`.
   */
  async open(
    operation: PreparedOperation,
    variables: Variables,
    source: SubscriptionSource,
    { onLeft = () => {}, signal }: OpenOptions = {},
  ): Promise<HubSubscription> {
    const shared = sharedVariables(operation, variables);
    const joined = this.#join(operation, shared, source);
    const group = joined instanceof Group ? joined : await joined;
    try {
      const start = await findStart(group, source.after, this.#options.eventLog, signal);
      this.#options.metrics.subscribes.inc({ outcome: start.outcome });
      this.#options.metrics.subscriptions.inc();
      return new HubSubscription(this.#internals, group, start, onLeft);
    } catch (error) {
      this.#options.metrics.subscribes.inc({ outcome: 'refused' });
      this.#release(group);
      throw error;
    }
  }

  /** Ends all following. Subscriptions that are still open fall silent: close their sockets first. */
  async close(): Promise<void> {
    this.#closed = true;
    const topics = [...this.#topics.values()];
    this.#topics.clear();
    await Promise.all(
      topics.map(async ({ stream, groups }) => {
        for (const group of groups.values()) this.#drop(group);
        await stream?.close();
      }),
    );
  }

  /** At once where the topic is followed already. */
  #join(
    operation: PreparedOperation,
    variables: Variables,
    source: SubscriptionSource,
  ): Group | Promise<Group> {
    const topic = this.#topics.get(source.topic.key) ?? this.#follow(source.topic);
    if (topic.stream) return this.#enter(topic, topic.stream, operation, variables, source);
    topic.waiting += 1;
    return topic.opening
      .then((stream) => this.#enter(topic, stream, operation, variables, source))
      .finally(() => {
        topic.waiting -= 1;
      });
  }

  #enter(
    topic: FollowedTopic,
    stream: TopicStream,
    operation: PreparedOperation,
    variables: Variables,
    source: SubscriptionSource,
  ): Group {
    if (this.#closed) throw new ClientError('UPSTREAM_UNAVAILABLE', 'The service is shutting down.');
    const group = this.#groupOf(topic, stream, groupKey(operation, variables, source.personalTo), () => ({
      source,
      execution: new SharedExecution(this.#options.execution, operation, variables),
    }));
    group.users += 1;
    return group;
  }

  #follow(topic: Topic<unknown>): FollowedTopic {
    const followed: FollowedTopic = {
      opening: this.#openStream(topic),
      stream: undefined,
      groups: new Map(),
      waiting: 0,
    };
    this.#topics.set(topic.key, followed);
    followed.opening.then(
      (stream) => {
        followed.stream = stream;
        this.#options.metrics.topics.inc();
      },
      () => {
        if (this.#topics.get(topic.key) === followed) this.#topics.delete(topic.key);
      },
    );
    return followed;
  }

  /** Follows a topic, patiently: while the event log can't be reached, a subscriber waits rather than fails. */
  async #openStream(topic: Topic<unknown>): Promise<TopicStream> {
    const { eventLog, metrics, log, clock, openTimeoutMs } = this.#options;
    const deadline = clock.now() + openTimeoutMs;
    for (let delayMs = 50; ; delayMs = Math.min(2 * delayMs, 1000)) {
      try {
        const shared = { eventLog, memory: this.#memory, metrics, log };
        const stream = await TopicStream.open(topic, { ...shared, now: () => clock.now() });
        // Closing does not wait for an event log that is away: what opens nevertheless is left here.
        if (this.#closed) await stream.close();
        return stream;
      } catch (error) {
        if (this.#closed || clock.now() + delayMs > deadline) {
          log.error({ err: error, topic: topic.key }, 'a topic could not be followed');
          throw new ClientError('UPSTREAM_UNAVAILABLE', 'The event log can not be reached; try again later.');
        }
      }
      await new Promise<void>((resolve) => clock.after(delayMs, resolve));
    }
  }

  #groupOf(
    topic: FollowedTopic,
    stream: TopicStream,
    key: string,
    create: () => { source: SubscriptionSource; execution: SharedExecution },
  ): Group {
    const known = topic.groups.get(key);
    if (known) return known;
    const { metrics, log, onDelivered } = this.#options;
    const inTurn = this.#snapshotInTurn;
    const group = new Group({ ...create(), key, stream, snapshotQueue: inTurn, metrics, log, onDelivered });
    topic.groups.set(key, group);
    metrics.groups.inc();
    return group;
  }

  #release(group: Group): void {
    group.users -= 1;
    if (group.users === 0 && !this.#closed) {
      this.#options.clock.after(this.#options.lingerMs, () => this.#leaveIfUnused(group));
    }
  }

  #leaveIfUnused(group: Group): void {
    const topicKey = group.stream.topic.key;
    const topic = this.#topics.get(topicKey);
    if (group.users > 0 || topic?.groups.get(group.key) !== group) return;
    topic.groups.delete(group.key);
    this.#drop(group);
    if (topic.groups.size > 0 || topic.waiting > 0) return;
    this.#topics.delete(topicKey);
    this.#options.metrics.topics.dec();
    group.stream.close().catch((error: unknown) => {
      this.#options.log.error({ err: error, topic: topicKey }, 'leaving a topic failed');
    });
  }

  #drop(group: Group): void {
    group.close();
    this.#options.metrics.groups.dec();
  }
}

/** What all subscriptions of a hub have in common. */
interface HubInternals {
  readonly log: Logger;
  release(group: Group): void;
}

/** One subscription, from its opening until it is left. There are very many: it holds no more than it needs. */
export class HubSubscription {
  readonly #house: HubInternals;
  readonly #group: Group;
  readonly #onLeft: () => void;
  /** Null once it has begun. */
  #start: Start | null;
  #member: Member | undefined;
  #left = false;

  constructor(house: HubInternals, group: Group, start: Start, onLeft: () => void) {
    this.#house = house;
    this.#group = group;
    this.#start = start;
    this.#onLeft = onLeft;
  }

  /** Shows the subscriber everything from its beginning on, until `leave`. Counts once. */
  start(subscriber: Subscriber): void {
    const start = this.#start;
    if (this.#left || !start) return;
    this.#start = null;
    this.#member = new Member(subscriber, start.position, start.snapshotVersions);
    bringToLive(this.#group, this.#member, start)?.catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#house.log.error({ err: error, topic: this.#group.stream.topic.key }, 'a replay failed');
    if (!this.#left)
      this.#member?.subscriber.disconnect(
        'The stream could not be brought up to date; come back with your cursor.',
      );
  }

  /** Ends it; safe to call twice. Nothing is shown afterwards. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    if (this.#member) this.#group.leave(this.#member);
    this.#house.release(this.#group);
    this.#onLeft();
  }
}
