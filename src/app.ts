/** Owns the composition of the service: which implementations it runs on, and in which order they begin and end. */
import { createAuthentication } from './auth/authentication.ts';
import { describeConfig, type Config } from './config/config.ts';
import type { Database } from './db/database.ts';
import { Relay } from './db/relay.ts';
import type { AppContext } from './composition/app-context.ts';
import { createErrorFormatter } from './operations/format-error.ts';
import { Executor } from './operations/executor.ts';
import { createSchema } from './schema/schema.ts';
import type { ResolvedOperation } from './operations/operations.ts';
import type { RequestInfo } from './operations/caller.ts';
import { openEndpoints, type Endpoints } from './composition/endpoints.ts';
import type { DependencyCheck } from './http/health.ts';
import { systemClock, type Clock } from './lib/clock.ts';
import { within } from './lib/deadline.ts';
import { createLogger, type Logger } from './observability/log.ts';
import { createMetrics } from './observability/metrics.ts';
import { repeat } from './lib/repeat.ts';
import { createUndoStack } from './lib/undo.ts';
import { boardTopic } from './modules/dispatch/events.ts';
import { Ingest } from './modules/dispatch/notifications/ingest.ts';
import { asksForBoardCursor, createLoaders, createResolvers, UserStatusFeed } from './modules/index.ts';
import type { KnownUser, UserRepository } from './modules/user/user-repository.ts';
import type { AuditTrail } from './modules/dispatch/audit-trail.ts';
import { createRepositories, type Repositories } from './composition/repositories.ts';
import { createCursorFormat } from './realtime/cursor.ts';
import type { ExecutionOptions } from './realtime/execution.ts';
import { FlushScheduler } from './transports/flush-scheduler.ts';
import { Hub } from './realtime/hub.ts';
import type { EventLog } from './stores/event-log/event-log.ts';
import { openStores, openTimeoutMs, type Stores } from './composition/stores.ts';

const dayMs = 24 * 60 * 60_000;
const auditTrimMs = 60 * 60_000;

export interface Overrides {
  readonly log?: Logger;
  readonly clock?: Clock;
}

/** How it ended: with everything closed, or with something that was still closing when the deadline passed. */
export type Ending = 'clean' | 'forced';

export interface App {
  /** Resolves when it serves. Rejects, with everything closed again, when something it needs is missing. */
  start(): Promise<{ readonly url: string }>;
  /** Ends it within the configured deadline; the second call waits for the first. */
  close(): Promise<Ending>;
  /** Where it serves, from its start on. */
  readonly url: string;
  readonly log: Logger;
}

export function createApp(config: Config, overrides: Overrides = {}): App {
  const log = overrides.log ?? createLogger(config.log.level);
  const clock = overrides.clock ?? systemClock;
  const undo = createUndoStack((part, error) => log.error({ part, err: error }, 'a part failed to close'));
  const ground: AppContext = { config, log, clock, metrics: createMetrics(), undo };
  let starting: Promise<Endpoints> | undefined;
  let closing: Promise<Ending> | undefined;
  let url = '';

  async function end(): Promise<Ending> {
    const { deadlineMs } = config.shutdown;
    const closed = (async () => {
      const endpoints = await starting?.catch(() => undefined);
      endpoints?.readiness.shutDown();
      await undo.run();
    })();
    try {
      await within(systemClock, deadlineMs, 'Closing', closed);
      return 'clean';
    } catch (error) {
      log.error({ err: error }, 'not everything closed in time');
      return 'forced';
    }
  }

  return {
    log,
    get url() {
      return url;
    },
    async start() {
      starting ??= startService(ground);
      try {
        ({ url } = await starting);
      } catch (error) {
        await undo.run();
        throw error;
      }
      return { url };
    },
    close: () => (closing ??= end()),
  };
}

async function startService(ground: AppContext): Promise<Endpoints> {
  const { config, log } = ground;
  log.info({ config: describeConfig(config) }, 'starting');
  for (const warning of config.warnings) log.warn(warning);
  const database = await openRecord(ground);
  const stores = await openStores(ground);
  const record = await createRepositories(ground, database, stores.leases);
  relayEvents(ground, database, stores);
  const onNotification = ingestNotifications(ground, record, stores);
  const parts = { ...record, ...createParts(ground, stores), onNotification };
  trimAuditTrail(ground, parts.audit);
  return serve(ground, stores, parts, { record: () => database.ping(), ...stores.checks });
}

async function openRecord({ config, log, undo }: AppContext): Promise<Database> {
  const { record, secrets } = config;
  const open = async (): Promise<Database> => {
    if (record.kind === 'sqlite') {
      const { openSqlite } = await import('./db/sqlite.ts');
      return openSqlite({ folder: record.dataDir });
    }
    const { openPostgres } = await import('./db/postgres.ts');
    return openPostgres({ url: secrets.databaseUrl!.reveal(), log });
  };
  const database = await open();
  undo.add('record', () => database.close());
  return database;
}

type Parts = Repositories & ReturnType<typeof createParts> & { readonly onNotification: Ingest['take'] };

/** Who is here. */
function createParts({ clock, log, undo }: AppContext, stores: Stores) {
  const { eventLog, sessions, createPresence } = stores;
  const statusFeed = new UserStatusFeed({ eventLog, sessions, clock, log });
  undo.add('status feed', () => statusFeed.close());
  const presence = createPresence(statusFeed);
  undo.add('presence', () => presence.close());
  return { statusFeed, presence, sessions };
}

function relayEvents(
  { clock, log, metrics, undo }: AppContext,
  database: Database,
  { eventLog, onReconnect: onReconnect }: Stores,
): void {
  const append = eventLog.append.bind(eventLog);
  const relay = new Relay({ database, append, clock, log, metrics });
  relay.start();
  undo.add('relay', () => relay.close());
  undo.add(
    'retry of the relay',
    onReconnect(() => relay.retry()),
  );
}

/** Listens to other services, from when their channel can be reached; takes what they say directly as well. */
function ingestNotifications(
  { clock, log, metrics, undo }: AppContext,
  { reconcile }: Repositories,
  { externalBus: externalBus, leases }: Stores,
): Ingest['take'] {
  const ingest = new Ingest({ bus: externalBus, leases, reconcile, clock, metrics, log });
  ingest
    .start()
    .catch((error: unknown) => log.error({ err: error }, 'other services can not be listened to'));
  undo.add('ingest', () => ingest.close());
  return (notification) => ingest.take(notification);
}

function trimAuditTrail({ config, clock, log, undo }: AppContext, audit: AuditTrail): void {
  const { eventRetentionDays } = config.record;
  const run = async () => {
    const deleted = await audit.deleteOlderThan(eventRetentionDays * dayMs);
    if (deleted > 0) log.info({ deleted, eventRetentionDays }, 'old events were deleted');
  };
  const onError = (error: unknown) => log.error({ err: error }, 'old events could not be deleted');
  undo.add('audit trail', repeat({ clock, everyMs: auditTrimMs, run, onError }));
}

/** Puts schema and hub on top of the parts, and opens the port. */
async function serve(
  ground: AppContext,
  { eventLog, rateLimit }: Stores,
  parts: Parts,
  checks: Readonly<Record<string, DependencyCheck>>,
): Promise<Endpoints> {
  const { config, clock, log, metrics } = ground;
  const { maxPageSize, rateLimitScale: scale, rateLimitExemptRoles: exemptRoles } = config.limits;
  const startedAt = new Date(clock.now());
  const createSharedLoaders = createLoaders(parts);
  const formatError = createErrorFormatter(log);
  const resolvers = createResolvers({
    ...parts,
    clock,
    maxPageSize,
    processStats: () => ({ ...endpoints.streams.stats, groups: hub.groups, startedAt }),
  });
  const schema = createSchema({ resolvers, rateLimits: { rateLimit, scale, exemptRoles, metrics } });
  const executor = new Executor(schema);
  const scheduler = new FlushScheduler({ maxWindowMs: config.realtime.flushWindowMaxMs, clock, metrics });
  const hub = createHub(ground, eventLog, scheduler, {
    execute: (operation) => executor.execute(operation),
    createContext: () => ({ loaders: createSharedLoaders() }),
    formatErrors: (errors) => errors.map((error) => formatError(error)),
    metrics,
  });
  const endpoints = await openEndpoints({
    ...ground,
    ...parts,
    schema,
    executor,
    hub,
    scheduler,
    rateLimit,
    formatError,
    checks,
    authentication: createAuthentication(parts.verify, rememberUsers(parts.users, log), clock),
    // Whoever executes an operation has made sure that there is a viewer, but for what needs none.
    createContext: (asking: RequestInfo) => ({
      ...asking,
      viewer: asking.viewer!,
      loaders: createSharedLoaders(asking.signal),
    }),
    prepare: prepareWith(eventLog, clock),
  });
  return endpoints;
}

function createHub(
  { config, clock, metrics, log, undo }: AppContext,
  eventLog: EventLog,
  scheduler: FlushScheduler,
  execution: ExecutionOptions,
): Hub {
  const hub = new Hub({
    eventLog,
    execution,
    clock,
    metrics,
    log,
    lingerMs: config.realtime.topicLingerMs,
    openTimeoutMs,
    onDelivered: (eventAt) => scheduler.noteDelivered(eventAt),
  });
  undo.add('hub', () => hub.close());
  return hub;
}

function rememberUsers(users: UserRepository, log: Logger): (viewer: KnownUser) => Promise<void> {
  return (viewer) =>
    users.seen(viewer).catch((error: unknown) => {
      log.error({ err: error, viewer: viewer.id }, 'a user could not be remembered');
    });
}

/** Takes the position of the board before an operation that asks for it reads anything else. */
function prepareWith(eventLog: EventLog, clock: Clock): (operation: ResolvedOperation) => Promise<void> {
  const cursors = createCursorFormat(boardTopic.key);
  return async ({ document, definition, context }) => {
    if (!asksForBoardCursor(document, definition.name?.value)) return;
    const position = await eventLog.position(boardTopic.key);
    context.boardCursor = cursors.format({ ...position, at: clock.now() });
  };
}
