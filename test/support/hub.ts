/** A hub over a small schema of counters, for tests of src/realtime. */
import { buildSchema, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { pino } from 'pino';
import { Executor } from '../../src/operations/executor.ts';
import type { Logger } from '../../src/observability/log.ts';
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts';
import { Turns } from '../../src/lib/turns/turns.ts';
import { ManualClock } from './clock.ts';
import type { CursorKeys } from '../../src/realtime/cursors/cursor-keys.ts';
import { tCursorKeys } from './cursors.ts';
import { createPlainHub, createPlainOperations } from './plain-hub.ts';
import type { Frame, Subscriber } from '../../src/realtime/frame.ts';
import type { GroupScope } from '../../src/realtime/group-key.ts';
import type { Variables } from '../../src/realtime/prepared-operation.ts';
import type { HeldLimits } from '../../src/realtime/held-operations.ts';
import type { Hub } from '../../src/realtime/hub.ts';
import type { CursorRules } from '../../src/realtime/cursors/cursor-rules.ts';
import type { Resumption } from '../../src/realtime/resumption.ts';
import type { HubSubscription } from '../../src/realtime/subscription.ts';
import type { SubscriptionSource } from '../../src/realtime/source.ts';
import { streamPosition } from '../../src/realtime/topics/compared-position.ts';
import type { Topic } from '../../src/realtime/topics/topic.ts';
import { EventLogMemory } from '../../src/stores/event-log/memory.ts';
import type { EventLog, EventLogBounds } from '../../src/stores/event-log/event-log.ts';

export interface Count {
  readonly name: string;
  readonly version: number;
}

export interface CountUpdate extends Count {
  readonly cursor: string;
  readonly kind: 'EVENT' | 'SNAPSHOT';
  /** Where the operation asks for them. */
  readonly position?: string;
  readonly follows?: string | null;
}

const schema = buildSchema(`
  type Query { none: Int }
  directive @filter on ARGUMENT_DEFINITION
  type Subscription {
    counted(name: String!, every: Int @filter, isShort: Boolean @filter, after: String): CountUpdate!
  }
  type CountUpdate {
    name: String! version: Int! cursor: String! kind: String! slow: Int position: String follows: String
  }
`);

export const countedQuery =
  'subscription ($name: String!, $after: String) { counted(name: $name, after: $after) { name version cursor kind } }';

export const countTopic = (name: string): Topic<Count> => ({
  key: `count:${name}`,
  kind: {
    name: 'count',
    parse(data) {
      if (typeof (data as Count).version !== 'number') throw new Error('A count must have a version.');
      return data as Count;
    },
    identify: (event) => ({ subject: event.name, version: event.version }),
  },
});

/** What one subscriber was shown. Waits for facts, not for time. */
export class Screen implements Subscriber {
  readonly shown: CountUpdate[] = [];
  readonly errors: unknown[] = [];
  interruptions: string[] = [];
  /** When set, there is no room until it resolves. */
  full: Promise<void> | undefined;
  #waiters: { readonly isThere: () => boolean; readonly resolve: () => void }[] = [];

  send({ payload }: Frame): void {
    const result = JSON.parse(payload.toString()) as ExecutionResult<Record<string, CountUpdate>>;
    if (result.errors) this.errors.push(...result.errors);
    if (result.data) this.shown.push(...Object.values(result.data));
    this.#check();
  }

  ready(): Promise<void> | undefined {
    return this.full;
  }

  disconnect(reason: string): void {
    this.interruptions.push(reason);
    this.#check();
  }

  get versions(): number[] {
    return this.shown.map(({ version }) => version);
  }

  get kinds(): string[] {
    return this.shown.map(({ kind }) => kind);
  }

  get lastCursor(): string {
    return this.shown.at(-1)!.cursor;
  }

  /** Resolves once `isThere` holds. */
  until(isThere: () => boolean): Promise<void> {
    if (isThere()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ isThere, resolve }));
  }

  #check(): void {
    this.#waiters = this.#waiters.filter(({ isThere, resolve }) => {
      if (!isThere()) return true;
      resolve();
      return false;
    });
  }
}

export interface HubFixture {
  readonly hub: Hub;
  readonly eventLog: EventLog;
  readonly clock: ManualClock;
  readonly metrics: Metrics;
  /** What was logged. */
  readonly lines: readonly Record<string, unknown>[];
  /** What the record holds, by name. */
  readonly counts: Map<string, number>;
  /** Changes a count in the record and appends its event. */
  count(name: string, times?: number): Promise<void>;
  /** Appends the event of a change the record has already. */
  relay(name: string, version: number, passes?: readonly string[]): Promise<void>;
  watch(name: string, options?: WatchOptions): Promise<{ screen: Screen; subscription: HubSubscription }>;
  executions(): Promise<Record<string, number>>;
}

export interface WatchOptions {
  readonly after?: string;
  readonly query?: string;
  /** Besides `name` and `after`. */
  readonly variables?: Variables;
  readonly source?: Partial<SubscriptionSource<Count>>;
  readonly scope?: GroupScope;
  readonly viewerId?: string;
  readonly screen?: Screen;
  readonly resumption?: Resumption;
}

export interface HubFixtureOptions {
  readonly eventLog?: (log: EventLog) => EventLog;
  readonly bounds?: EventLogBounds;
  readonly limits?: HeldLimits;
  readonly schema?: GraphQLSchema;
  readonly log?: Logger;
  readonly cursorKeys?: CursorKeys;
  readonly unsignedUntil?: number;
  readonly oldestUnrelayed?: CursorRules['oldestUnrelayed'];
}

export function tHub(options: HubFixtureOptions = {}): HubFixture {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const bounds = options.bounds ?? { maxEvents: 1000, maxAgeMs: 3_600_000 };
  const inMemory = new EventLogMemory({ clock, bounds });
  const eventLog = options.eventLog?.(inMemory) ?? inMemory;
  const operations = createPlainOperations(schema);
  const lines: Record<string, unknown>[] = [];
  const executor = new Executor(options.schema ?? schema);
  const { limits, unsignedUntil = null, oldestUnrelayed } = options;
  const hub = createPlainHub({
    ...{ executor, eventLog, clock, metrics },
    cursors: {
      ...{ keys: options.cursorKeys ?? tCursorKeys(), maxAgeMs: bounds.maxAgeMs, unsignedUntil },
      ...(oldestUnrelayed && { oldestUnrelayed }),
    },
    // How work is spread over turns is tested with `Turns`: here a busy machine changes nothing.
    turns: new Turns(() => 0),
    log:
      options.log ??
      pino(
        { level: 'info' },
        { write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]) },
      ),
    ...(limits && { limits }),
  });
  const counts = new Map<string, number>();

  const relay = async (name: string, version: number, passes?: readonly string[]) => {
    const event = { id: `${name}-${version}`, at: clock.now(), data: { name, version }, passes };
    await eventLog.append([{ topic: `count:${name}`, event }]);
  };

  return {
    hub,
    eventLog,
    clock,
    metrics,
    lines,
    counts,
    relay,
    async count(name, times = 1) {
      for (let time = 0; time < times; time += 1) {
        const version = (counts.get(name) ?? 0) + 1;
        counts.set(name, version);
        await relay(name, version);
      }
    },
    async watch(
      name,
      {
        after,
        query = countedQuery,
        variables = {},
        source,
        scope = {},
        viewerId = 'ana',
        screen = new Screen(),
        resumption,
      } = {},
    ) {
      const { operation, errors } = operations.find(query, null, true);
      if (errors) throw new AggregateError(errors);
      const subscription = await hub.open(
        operation,
        { ...variables, name, after },
        {
          topic: countTopic(name),
          after: after ?? null,
          beginsWithSnapshot: true,
          toValue: ({ event, cursor, began, offset }, follows) => ({
            ...(event as Count),
            ...{ cursor, kind: 'EVENT', position: streamPosition(began, offset), follows },
          }),
          snapshot: () => {
            const version = counts.get(name) ?? 0;
            return Promise.resolve([
              {
                toValue: (cursor, position) => ({ name, version, cursor, kind: 'SNAPSHOT', position }),
                identity: { subject: name, version },
              },
            ]);
          },
          ...(source as Partial<SubscriptionSource>),
        },
        { scope, viewerId, resumption },
      );
      subscription.start(screen);
      return { screen, subscription };
    },
    async executions() {
      const { values } = await metrics.registry.getSingleMetric('dispatch_executions_total')!.get();
      return Object.fromEntries(values.map(({ labels, value }) => [String(labels['cause']), value]));
    },
  };
}
