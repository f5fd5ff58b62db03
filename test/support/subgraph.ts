/** The subgraph as schema and module tests use it: the real schema, repositories, stores and hub, without a network. */
import { afterEach } from '@jest/globals';
import {
  createSourceEventStream,
  execute,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
} from 'graphql';
import { Executor } from '../../src/operations/executor.ts';
import { permissionsOfRole } from '../../src/auth/roles.ts';
import type { Viewer } from '../../src/auth/viewer.ts';
import { Relay } from '../../src/db/relay.ts';
import type { AlertLimits } from '../../src/modules/alert/limits.ts';
import type { TravelTimes } from '../../src/modules/dispatch/arrival/arrival.ts';
import type { AnswerTimes } from '../../src/modules/dispatch/assignments/escalation.ts';
import type { Resolvers } from '../../src/generated/resolvers.ts';
import { scopeOf } from '../../src/schema/permissions.ts';
import { createSchema } from '../../src/schema/schema.ts';
import { emptyScope, scopeOfStream } from '../../src/schema/scope.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { ViewerContext } from '../../src/schema/context.ts';
import {
  constantSpeed,
  createBoardCursorStep,
  createLoaders,
  createAppend,
  createAreaFeed,
  createResolvers,
  DeviceClocks,
  SessionControl,
  SessionEndRecord,
  UserStatusFeed,
} from '../../src/modules/index.ts';
import { rootFieldName } from '../../src/realtime/prepared-operation.ts';
import { Hub } from '../../src/realtime/hub.ts';
import { OperationCache } from '../../src/operations/operation-cache.ts';
import { sourceOf } from '../../src/realtime/source.ts';
import { EventLogMemory } from '../../src/stores/event-log/memory.ts';
import { PeersMemory } from '../../src/stores/peers/memory.ts';
import { PresenceMemory } from '../../src/stores/presence/memory.ts';
import { RateLimitMemory } from '../../src/stores/rate-limit/memory.ts';
import { SessionsMemory } from '../../src/stores/sessions/memory.ts';
import { Turns } from '../../src/lib/turns/turns.ts';
import { tCursorKeys } from './cursors.ts';
import { ManualClock } from './clock.ts';
import { EmptiableLog } from './emptiable-log.ts';
import { createRepositories, openDatabase } from './subgraph-repositories.ts';
import { until } from './until.ts';

const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).reverse()) await undo();
});

type Variables = Readonly<Record<string, unknown>>;
/** Data as it comes; a test knows what it asked for. */
export type Data = Readonly<Record<string, unknown>>;

/** A viewer as its token would make it. */
export function viewer(role: string, { id = role, ambulanciaId = null as string | null } = {}): Viewer {
  const permissions = new Set<string>(permissionsOfRole(role));
  return { id, name: `Name of ${id}`, role, permissions, ambulanciaId, expiresAt: null };
}

/** Records which Subscription fields got as far as to open their stream. */
function notingOpened(resolvers: Resolvers, opened: string[]): Resolvers {
  const fields = Object.entries(resolvers.Subscription).map(([name, field]) => {
    const { subscribe } = field as { subscribe: (...args: unknown[]) => unknown };
    return [name, { subscribe: (...args: unknown[]) => (opened.push(name), subscribe(...args)) }];
  });
  return { ...resolvers, Subscription: Object.fromEntries(fields) as Resolvers['Subscription'] };
}

export interface SubgraphOptions {
  readonly rateLimitScale?: number;
  readonly maxPageSize?: number;
  readonly maxEvents?: number;
  readonly messageRetentionMs?: number;
  /** How long a crew may take to answer. */
  readonly answerMs?: AnswerTimes;
  /** What is an alert. */
  readonly limits?: AlertLimits;
  /** Who says how long drives take. */
  readonly travelTimes?: TravelTimes;
}

const logAgeMs = 3_600_000;

async function createStores({ maxEvents = 1_000 }: SubgraphOptions) {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const log = createLogger('silent');
  const database = await openDatabase(undos, log);
  const bounds = { maxEvents, maxAgeMs: logAgeMs };
  const eventLog = new EmptiableLog(() => new EventLogMemory({ clock, bounds }));
  const sessions = new SessionsMemory({ clock, ttlMs: 86_400_000 });
  const statusFeed = new UserStatusFeed({ eventLog, sessions, clock, log });
  const presence = new PresenceMemory({
    clock,
    options: { graceMs: 5_000, leaseMs: 15_000 },
    listener: statusFeed,
  });
  const relay = new Relay({
    database,
    append: createAppend(eventLog, () => {}),
    keptEvents: maxEvents,
    clock,
    log,
    metrics,
  });
  relay.start();
  undos.push(
    () => relay.close(),
    () => presence.close(),
    () => statusFeed.close(),
    () => eventLog.close(),
  );
  /** Resolves when the event log has everything that was committed. */
  const untilRelayed = () =>
    until('every event is relayed', async () => {
      const waiting = database.query.selectFrom('events').select('id').where('relayed_at', 'is', null);
      return (await waiting.limit(1).executeTakeFirst()) === undefined;
    });
  return { clock, metrics, log, database, eventLog, sessions, statusFeed, presence, untilRelayed };
}

/** A subgraph of its own for one test. */
export async function tSubgraph(options: SubgraphOptions = {}) {
  const stores = await createStores(options);
  const { clock, metrics, log, database, eventLog } = stores;
  const repositories = await createRepositories(
    { ...stores, answerMs: options.answerMs, limits: options.limits },
    database,
    undos,
  );
  const opened: string[] = [];
  const cursorKeys = tCursorKeys();
  const { keys } = repositories;
  const peers = new PeersMemory({ log });
  const record = new SessionEndRecord({ database, keys, clock });
  const resolvers = createResolvers({
    ...stores,
    ...repositories,
    ...{ peers, cursorKeys, travelTimes: options.travelTimes ?? constantSpeed },
    areaFeed: createAreaFeed({ eventLog, clock, log }),
    sessionControl: new SessionControl({ record, peers, deleteSlots: async () => {} }),
    deviceClocks: new DeviceClocks({ clock, log, metrics }),
    onNotification: () => undefined,
    maxPageSize: options.maxPageSize ?? 500,
    messageRetentionMs: options.messageRetentionMs ?? 30 * 86_400_000,
    processStats: () => ({ connections: 3, subscriptions: 2, groups: 1, startedAt: new Date(clock.now()) }),
  });
  const rateLimit = new RateLimitMemory({ clock });
  undos.push(() => rateLimit.close());
  const rateLimits = { rateLimit, scale: options.rateLimitScale ?? 1, exemptRoles: ['system'], metrics };
  const schemaOf = (some: Resolvers) => createSchema({ resolvers: some, rateLimits });
  const schema = schemaOf(notingOpened(resolvers, opened));
  const loadersOf = createLoaders({ ...stores, ...repositories });
  const contextOf = (viewer: Viewer | null, signal = new AbortController().signal) => ({
    ...(viewer ? { viewer } : {}),
    requestId: 'test',
    address: '192.0.2.1',
    signal,
    idempotencyKey: null,
    loaders: loadersOf(signal),
    scope: viewer ? scopeOf(viewer) : emptyScope,
    oneself: viewer?.id ?? null,
  });
  const takeBoardCursor = createBoardCursorStep(eventLog, cursorKeys, clock);
  const operations = new OperationCache({
    schema,
    rules: [],
    parseOptions: {},
    suggestions: true,
    maxNodes: 2_000,
    maxBytes: 1_000_000,
  });
  const executor = new Executor(schema);
  const hub = new Hub({
    eventLog,
    cursors: {
      keys: cursorKeys,
      maxAgeMs: logAgeMs,
      unsignedUntil: null,
      earliestOf: (date) => Promise.resolve(date),
      oldestUnrelayed: () => Promise.resolve(null),
    },
    execution: {
      execute: (operation, signal) => executor.execute(operation, signal),
      createContexts: (scope) => (signal) => ({ loaders: loadersOf(signal), scope, oneself: null }),
      formatErrors,
      metrics,
    },
    clock,
    turns: new Turns(() => performance.now()),
    metrics,
    log,
    limits: { maxOpenOperationBytesPerViewer: 1_000_000, maxOpenOperationBytes: 10_000_000 },
    lingerMs: 0,
    openTimeoutMs: 1_000,
    onDelivered: () => undefined,
  });
  undos.push(() => hub.close());

  /** One request. */
  async function ask(
    viewer: Viewer | null,
    query: string,
    variables: Variables = {},
    signal?: AbortSignal,
  ): Promise<ExecutionResult<Data>> {
    const { operation, errors } = operations.find(query, null, true);
    if (errors) return { errors };
    const contextValue = contextOf(viewer, signal) as ViewerContext;
    await takeBoardCursor(operation, contextValue);
    return execute({ schema, document: operation.document, variableValues: variables, contextValue });
  }

  /** As `ask`, for what must succeed. */
  async function data(viewer: Viewer | null, query: string, variables?: Variables): Promise<Data> {
    const result = await ask(viewer, query, variables);
    if (result.errors || !result.data) throw firstOf(result.errors);
    // Plain objects, as a client would have them.
    return JSON.parse(JSON.stringify(result.data)) as Data;
  }

  /** Opens a subscription; rejects with the error that the client would get. */
  async function subscribe(viewer: Viewer | null, query: string, variables: Variables = {}): Promise<Stream> {
    const { operation, errors } = operations.find(query, null, true);
    if (errors) throw firstOf(errors);
    const { document } = operation;
    const contextValue = contextOf(viewer);
    const source = await createSourceEventStream({
      schema,
      document,
      variableValues: variables,
      contextValue,
    });
    if ('errors' in source) throw firstOf(source.errors);
    const scope = scopeOfStream(operation.scopeBits, rootFieldName(operation), contextValue.scope);
    const subscription = await hub.open(operation, variables, sourceOf(source), {
      scope,
      viewerId: contextValue.oneself ?? 'nobody',
    });
    const stream = new Stream(() => subscription.leave());
    undos.push(() => stream.leave());
    subscription.start(stream);
    return stream;
  }

  const ends = { contextOf, ask, data, subscribe };
  return { ...stores, ...repositories, peers, hub, resolvers, schemaOf, schema, opened, ...ends };
}

const firstOf = (errors: readonly GraphQLError[] | undefined): Error =>
  errors?.[0] ?? new Error('It has no data.');

const formatErrors = (errors: readonly GraphQLError[]): readonly GraphQLFormattedError[] =>
  errors.map((error) => error.toJSON());

/** The values that a subscriber was shown, to be taken one by one. */
export class Stream {
  readonly leave: () => void;
  readonly #shown: Data[] = [];
  readonly #waiting: ((value: Data) => void)[] = [];

  constructor(leave: () => void) {
    this.leave = leave;
  }

  send({ payload }: { readonly payload: Buffer }): void {
    const result = JSON.parse(payload.toString()) as ExecutionResult<Data>;
    const value = (result.data ? Object.values(result.data)[0] : result) as Data;
    const waiting = this.#waiting.shift();
    if (waiting) waiting(value);
    else this.#shown.push(value);
  }

  /** What was shown and not taken yet. */
  get shown(): readonly Data[] {
    return this.#shown;
  }

  ready(): undefined {
    return undefined;
  }

  disconnect(reason: string): void {
    throw new Error(`The stream was interrupted: ${reason}`);
  }

  next(): Promise<Data> {
    const shown = this.#shown.shift();
    return shown ? Promise.resolve(shown) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  async take(count: number): Promise<Data[]> {
    const values: Data[] = [];
    while (values.length < count) values.push(await this.next());
    return values;
  }
}

/** The code that a request failed with. */
export const codeOf = ({ errors }: ExecutionResult<unknown>): unknown => errors?.[0]?.extensions.code;
