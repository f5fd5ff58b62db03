/** A simulated process of the service: its own hub, event log and relay, over simulated connections. */
import { buildSchema } from 'graphql';
import { pino } from 'pino';
import { Relay } from '../../src/db/relay.ts';
import { Turns } from '../../src/lib/turns/turns.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { Executor } from '../../src/operations/executor.ts';
import { createCursorFormat } from '../../src/realtime/cursors/cursor.ts';
import type { Hub } from '../../src/realtime/hub.ts';
import type { SubscriptionSource } from '../../src/realtime/source.ts';
import type { HubSubscription } from '../../src/realtime/subscription.ts';
import type { Topic } from '../../src/realtime/topics/topic.ts';
import { EventLogRedis } from '../../src/stores/event-log/redis.ts';
import { tCursorKeys } from '../support/cursors.ts';
import { createPlainHub, createPlainOperations } from '../support/plain-hub.ts';
import { boardTopic, topicOf, type Count, type DatabaseConnection, type SimulatedRecord } from './record.ts';
import { clockOf, createHost, type Host, type Scheduler } from './scheduler.ts';
import type { SimulatedRedis } from './simulated-redis.ts';

export interface Update extends Count {
  readonly cursor: string;
  readonly kind: 'EVENT' | 'SNAPSHOT';
}

export interface SubscribeRequest {
  /** Null for the board: the changes of all counters. */
  readonly name: string | null;
  readonly after: string | null;
}

/** Few, so that logs are trimmed before readers who are away come back. */
const maxEvents = 8;
const maxAgeMs = 24 * 60 * 60_000;

const schema = buildSchema(`
  type Query { none: Int }
  type Subscription { counted(name: String, after: String): Update! }
  type Update { name: String! version: Int! cursor: String! kind: String! }
`);
const query =
  'subscription ($name: String, $after: String) { counted(name: $name, after: $after) { name version cursor kind } }';

// What all processes may share without knowing of each other: none of it changes what happens.
const metrics = createMetrics();
const log = pino({ level: 'silent' });
const executor = new Executor(schema);
const operations = createPlainOperations(schema);
const cursorKeys = tCursorKeys();

const topicFor = (name: string | null): Topic<Count> => ({
  key: name === null ? boardTopic : topicOf(name),
  kind: {
    name: 'count',
    parse: (data) => data as Count,
    identify: (event) => ({ subject: event.name, version: event.version }),
  },
});

export interface ProcessOptions {
  readonly scheduler: Scheduler;
  readonly redis: SimulatedRedis;
  readonly record: SimulatedRecord;
  readonly name: string;
}

export class SimulatedProcess {
  readonly host: Host;
  readonly database: DatabaseConnection;
  readonly #options: ProcessOptions;
  readonly #eventLog: EventLogRedis;
  readonly #hub: Hub;

  constructor(options: ProcessOptions) {
    const { scheduler, redis, record, name } = options;
    this.#options = options;
    this.host = createHost(name);
    const clock = clockOf(scheduler, this.host);
    this.database = record.connect(this.host);
    const eventLog = new EventLogRedis({
      redis: redis.connect(this.host),
      bounds: { maxEvents, maxAgeMs },
      clock,
      metrics,
      log,
    });
    this.#eventLog = eventLog;
    // Now and then a turn of the event loop is over before its work is done.
    let worked = 0;
    const turns = new Turns(() => scheduler.now + (worked += scheduler.chance(0.02) ? 30 : 0));
    this.#hub = createPlainHub({
      ...{ executor, eventLog, clock, turns, metrics, log },
      cursors: { keys: cursorKeys, maxAgeMs },
      lingerMs: 5_000,
    });
    new Relay({
      database: this.database,
      append: (requests, turn) => eventLog.append(requests, turn),
      keptEvents: maxEvents,
      clock,
      log,
      metrics,
    }).start();
  }

  /** Nothing of it runs from now on. */
  kill(): void {
    this.host.isDead = true;
    this.#options.scheduler.forget(this.host);
    this.#options.redis.disconnect(this.host);
  }

  subscribe(
    { name, after }: SubscribeRequest,
    viewerId: string,
    signal: AbortSignal,
  ): Promise<HubSubscription> {
    const { operation, errors } = operations.find(query, null, true);
    if (errors) throw new AggregateError(errors);
    return this.#hub.open(operation, { name, after }, this.#source(name, after), {
      scope: {},
      viewerId,
      signal,
    });
  }

  /** The board as a query lists it, with the cursor from which its changes follow. */
  async list(): Promise<{ readonly cursor: string; readonly counts: readonly Count[] }> {
    const at = this.#options.scheduler.now;
    const position = await this.#eventLog.position(boardTopic);
    const counts = await this.database.read((record) => record.counts);
    return { cursor: createCursorFormat(boardTopic, cursorKeys).format({ ...position, at }), counts };
  }

  #source(name: string | null, after: string | null): SubscriptionSource<Count> {
    const read = (since: number | null) =>
      this.database.read((record) =>
        name === null
          ? record.changedSince(since ?? Infinity)
          : record.counts.filter((count) => count.name === name),
      );
    return {
      topic: topicFor(name),
      after,
      beginsWithSnapshot: name !== null,
      ...(name === null && { showsChanges: true }),
      toValue: ({ event, cursor }) => ({ ...event, cursor, kind: 'EVENT' }),
      snapshot: async ({ since }) =>
        (await read(since)).map(({ name: subject, version }) => ({
          toValue: (cursor) => ({ name: subject, version, cursor, kind: 'SNAPSHOT' }),
          identity: { subject, version },
        })),
    };
  }
}
