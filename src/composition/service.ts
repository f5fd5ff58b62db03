/** Starts the parts of the service in order: each part after those that it needs. */
import { StreamTickets } from '../auth/stream-tickets.ts';
import { createKeySet } from '../auth/tokens.ts';
import { describeConfig } from '../config/config.ts';
import { proveWritable } from '../db/metadata.ts';
import { storedDate } from '../db/stored-date.ts';
import { version } from '../observability/version.ts';
import { FlushScheduler } from '../transports/flush-scheduler.ts';
import type { AppContext } from './app-context.ts';
import { openAuthentication } from './authentication.ts';
import { openCursors, openKeys } from './record/cursors.ts';
import {
  deleteOld,
  forgetMutations,
  keepReceipts,
  keepSlots,
  startAlertWatcher,
  startEscalator,
  startIngest,
  startRelay,
} from './background.ts';
import { namingDatabase, openDatabase } from './database.ts';
import { SessionControl } from '../modules/index.ts';
import { claimStores } from './deployment.ts';
import { openEndpoints, type Endpoints } from './endpoints.ts';
import { openOperations } from './operations.ts';
import { openRepositories } from './repositories.ts';
import { answerPeers } from './sessions/answer-peers.ts';
import { openSessionEnds } from './sessions/session-ends.ts';
import { openStores } from './stores.ts';
import { openTracing } from './telemetry.ts';
import { openTime } from './record/time.ts';
import { watchUnreadableRows } from './unreadable-rows.ts';

/** Resolves when the service can be reached. When it rejects, what was started is still to be ended, by the context's parts. */
export async function startService(context: AppContext): Promise<Endpoints> {
  try {
    return await startParts(context);
  } catch (error) {
    throw await namingDatabase(context, error);
  }
}

async function startParts(given: AppContext): Promise<Endpoints> {
  const { config, log } = given;
  log.info({ version, config: describeConfig(config) }, 'starting');
  const own: AppContext = { ...given, tracing: await openTracing(given) };
  for (const warning of config.warnings) log.warn(warning);
  if (config.messagePermissions === 'implied')
    log.info(
      'tokens whose permissions name neither view-messages nor send-messages have both: MESSAGE_PERMISSIONS=explicit ends that',
    );
  const database = await openDatabase(own);
  database.tracing = own.tracing;
  watchUnreadableRows(own, database);
  const stores = await openStores(own, database);
  const time = await openTime(own, database, stores);
  // What is shared is dated by one clock.
  const context: AppContext = { ...own, clock: time.clock };
  const { clock, metrics } = context;
  await claimStores(context, database, stores);
  const slots = keepSlots(own, stores);
  const repositories = await openRepositories(context, database, stores.leases);
  startRelay(context, database, stores);
  startEscalator(context, database, repositories);
  startAlertWatcher(context, database, repositories);
  const receipts = keepReceipts(context, database);
  const ingest = startIngest(context, repositories, stores);
  deleteOld(context, database);
  forgetMutations(context, repositories.keys);
  const { tracing } = own;
  const maxWindowMs = config.realtime.flushWindowMaxMs;
  const scheduler = new FlushScheduler({ maxWindowMs, metrics, clock, tracing });
  const connectionStats = () => endpoints.stats;
  const keySet = createKeySet(config, own.clock, log);
  const sessionEnds = await openSessionEnds(context, database, repositories.keys);
  const keys = await openKeys(context, database);
  const operations = openOperations(context, {
    ...{ repositories, stores, ingest, scheduler, connectionStats },
    sessionControl: new SessionControl({
      record: sessionEnds.record,
      peers: stores.peers,
      deleteSlots: async (viewerId) => slots?.deleteAllOf(viewerId),
    }),
    cursors: await openCursors(context, database, { keys: keys.cursors, datesAhead: time.datesAhead }),
  });
  const claimOnce = (id: string) => repositories.keys.claimOnce(id);
  const { eventStreamTickets } = config.http;
  const ticketOptions = { keys: keys.tickets, clock: own.clock, claimOnce };
  const standsForToken = eventStreamTickets === 'url';
  const endpoints = await openEndpoints(own, {
    ...operations,
    authentication: openAuthentication(own, stores, repositories, { ...sessionEnds, keySet }),
    rateLimit: stores.rateLimit,
    ...{ scheduler, slots, receipts, callbacks: stores.callbacks },
    tickets: eventStreamTickets === 'off' ? null : new StreamTickets({ ...ticketOptions, standsForToken }),
    signals: stores.signals ?? null,
    shared: { database, redis: stores.checks['redis'], sharedClock: clock },
    checks: {
      record: () => proveWritable(database, storedDate(clock.now())),
      ...stores.checks,
      ...(keySet && { tokens: () => keySet.prove() }),
    },
    upstreams: repositories.upstreams,
    clockSkewMs: time.skews,
  });
  answerPeers(stores.peers, sessionEnds.ends, endpoints, slots);
  return endpoints;
}
