/** The hub of a process: follows a topic while somebody subscribes to it, and puts equal subscriptions into one group. */
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { Burst } from '../lib/burst.ts';
import type { Turns } from '../lib/turns/turns.ts';
import { Unavailable } from '../lib/unavailable.ts';
import type { EventLog } from '../stores/event-log/event-log.ts';
import type { ExecutionOptions } from './executions/execution.ts';
import { SharedExecutions } from './executions/shared-executions.ts';
import type { Freshness } from './freshness.ts';
import { Group } from './group.ts';
import { groupKey, type GroupScope } from './group-key.ts';
import { sharedVariables, type PreparedOperation, type Variables } from './prepared-operation.ts';
import { HeldOperations, type HeldLimits } from './held-operations.ts';
import { openStream, type Patience } from './topics/open-stream.ts';
import { SnapshotWork } from './snapshot.ts';
import type { SubscriptionSource } from './source.ts';
import { findStart, type StartRules } from './start.ts';
import { HubSubscription, type HubInternals, type OpenOptions } from './subscription.ts';
import { createStreamMemory } from './topics/stream-memory.ts';
import type { StreamOptions, TopicStream } from './topics/topic-stream.ts';
import type { Topic } from './topics/topic.ts';

export interface HubOptions {
  readonly eventLog: EventLog;
  readonly cursors: StartRules['cursors'];
  readonly execution: ExecutionOptions;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** How long a topic is still followed after its last subscriber left, milliseconds, for those who come right back. */
  readonly lingerMs: number;
  readonly limits: HeldLimits;
  /** How long `open` waits for an event log that cannot be reached, milliseconds. */
  readonly openTimeoutMs: number;
  /** Called with the time of each event that was handed to subscribers, milliseconds since the Unix epoch. */
  readonly onDelivered: (eventAt: number, traceparent: string | undefined) => void;
}

/** Which group a subscription wants to join, and what the group is made of should it be the first one. */
interface GroupRequest {
  readonly key: string;
  readonly source: SubscriptionSource;
  readonly freshness?: Freshness | null;
  readonly operation: PreparedOperation;
  readonly variables: Variables;
  readonly scope: GroupScope;
  readonly viewerId: string;
}

interface HubTopic {
  readonly opening: Promise<TopicStream>;
  /** Undefined until it is open. */
  stream: TopicStream | undefined;
  readonly groups: Map<string, Group>;
  /** Subscriptions that wait for `opening`. */
  waiting: number;
}

export class Hub {
  readonly #options: HubOptions;
  readonly #topics = new Map<string, HubTopic>();
  readonly #streamOptions: StreamOptions;
  readonly #patience: Patience;
  readonly #snapshots: SnapshotWork;
  readonly #internals: HubInternals;
  readonly #held: HeldOperations;
  readonly #executions: SharedExecutions;
  readonly #closing = new AbortController();

  constructor(options: HubOptions) {
    this.#options = options;
    this.#snapshots = new SnapshotWork(options.turns, options.cursors);
    this.#held = new HeldOperations(options.limits, options.metrics);
    this.#executions = new SharedExecutions(options.execution);
    const { eventLog, cursors, clock, metrics, log, openTimeoutMs } = options;
    this.#streamOptions = {
      ...{ eventLog, metrics, log, cursorKeys: cursors.keys, now: () => clock.now() },
      memory: createStreamMemory(),
    };
    this.#patience = { clock, openTimeoutMs, outage: new Burst(clock), signal: this.#closing.signal };
    this.#internals = {
      ...{ log, now: () => clock.now() },
      release: (group) => {
        options.metrics.subscriptions.dec();
        this.#release(group);
      },
      regroup: (group, scope, viewerId) => this.#regroup(group, scope, viewerId),
    };
  }

  /** How many groups there are. */
  get groups(): number {
    let count = 0;
    for (const { groups } of this.#topics.values()) count += groups.size;
    return count;
  }

  /**
   * Opens a subscription: follows its topic, joins its group and finds where it begins. Nothing is sent before `start`.
   *
   * Throws `InvalidCursorError`, `CursorTooOldError`, `TooManyOpenOperations`, `Unavailable` when the event log cannot be
   * reached in time, and whatever the source's snapshot throws. Then what was taken is released.
   */
  async open(
    operation: PreparedOperation,
    variables: Variables,
    source: SubscriptionSource,
    { scope, viewerId, taken, resumption, lastEventId = null, signal }: OpenOptions,
  ): Promise<HubSubscription> {
    const rules = this.#options;
    const { metrics } = rules;
    let group: Group | undefined;
    try {
      const shared = sharedVariables(operation, variables);
      const key = groupKey(operation, shared, source.personalTo, scope);
      const joined = this.#join({ key, source, operation, variables: shared, scope, viewerId });
      group = joined instanceof Group ? joined : await joined;
      const whose = { operation, variables: shared, viewerId, after: source.after };
      const start = await findStart(group, { ...whose, lastEventId, resumption, signal, rules });
      metrics.subscribes.add(1, start.outcome);
      metrics.subscriptions.inc();
      return new HubSubscription(this.#internals, group, start, taken);
    } catch (error) {
      taken?.release();
      if (group) {
        metrics.subscribes.add(1, 'refused');
        group.users -= 1;
        // Nothing stays behind what was refused, not even for a while.
        this.#leaveIfUnused(group);
      }
      throw error;
    }
  }

  /** Stops following. Subscriptions that are still open get nothing more: end them first. */
  async close(): Promise<void> {
    this.#closing.abort();
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
  #join(request: GroupRequest): Group | Promise<Group> {
    const { topic } = request.source;
    const followed = this.#topics.get(topic.key) ?? this.#follow(topic);
    if (followed.stream) return this.#enter(followed, followed.stream, request);
    followed.waiting += 1;
    return followed.opening
      .then((stream) => this.#enter(followed, stream, request))
      .finally(() => {
        followed.waiting -= 1;
        // Whoever waited may have been refused.
        this.#leaveTopicIfUnused(topic.key, followed);
      });
  }

  #enter({ groups }: HubTopic, stream: TopicStream, request: GroupRequest): Group {
    if (this.#closing.signal.aborted) throw new Unavailable('The service', new Error('The hub is closed.'));
    const { key, source, freshness, operation, variables, scope, viewerId } = request;
    let group = groups.get(key);
    if (!group) {
      const { turns, metrics, log, onDelivered } = this.#options;
      const held = this.#held.take(viewerId, operation, 2 * key.length);
      const execution = this.#executions.take({ operation, variables, source, scope });
      const shared = { snapshots: this.#snapshots, turns, metrics, log, onDelivered };
      group = new Group({ key, variables, stream, source, freshness, execution, held, ...shared });
      groups.set(key, group);
      metrics.groups.inc();
    }
    group.users += 1;
    return group;
  }

  /** What the source has kept of earlier events is as good for the one group as for the other, so that nothing is read anew. */
  #regroup(group: Group, scope: GroupScope, viewerId: string): Group {
    const { source, stream, freshness, variables } = group;
    const { operation } = group.execution;
    const key = groupKey(operation, variables, source.personalTo, scope);
    const topic = this.#topics.get(stream.topic.key);
    if (key === group.key || !topic) return group;
    const kept = { key, source, freshness, operation, variables };
    const next = this.#enter(topic, stream, { ...kept, scope, viewerId });
    this.#release(group);
    return next;
  }

  #follow(topic: Topic<unknown>): HubTopic {
    const followed: HubTopic = {
      opening: openStream(topic, this.#streamOptions, this.#patience),
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

  #release(group: Group): void {
    group.users -= 1;
    if (group.users === 0 && !this.#closing.signal.aborted) {
      this.#options.clock.after(this.#options.lingerMs, () => this.#leaveIfUnused(group));
    }
  }

  #leaveIfUnused(group: Group): void {
    const topicKey = group.stream.topic.key;
    const topic = this.#topics.get(topicKey);
    if (group.users > 0 || topic?.groups.get(group.key) !== group) return;
    topic.groups.delete(group.key);
    this.#drop(group);
    this.#leaveTopicIfUnused(topicKey, topic);
  }

  #leaveTopicIfUnused(topicKey: string, { stream, groups, waiting }: HubTopic): void {
    if (!stream || groups.size > 0 || waiting > 0 || this.#topics.get(topicKey)?.stream !== stream) return;
    this.#topics.delete(topicKey);
    this.#options.metrics.topics.dec();
    stream.close().catch((error: unknown) => {
      this.#options.log.error({ err: error, topic: topicKey }, 'a topic could not be left');
    });
  }

  #drop(group: Group): void {
    group.close();
    this.#options.metrics.groups.dec();
  }
}
