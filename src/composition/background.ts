/** What runs without being asked for: relaying events, listening to other services, deleting what is old. */
import type { Database } from '../db/database.ts';
import { Relay, type RelayOptions } from '../db/relay.ts';
import { repeat } from '../lib/repeat.ts';
import type { AuditTrail } from '../modules/dispatch/audit-trail.ts';
import { Ingest } from '../modules/dispatch/notifications/ingest.ts';
import type { AppContext } from './app-context.ts';
import type { Repositories } from './repositories.ts';
import type { Stores } from './stores.ts';

const dayMs = 24 * 60 * 60_000;
const auditTrimMs = 60 * 60_000;

/** Appends the events of committed changes to the event log. */
export function startRelay(
  { clock, log, metrics, disposables }: AppContext,
  database: Database,
  { eventLog, onReconnect }: Stores,
): void {
  const append: RelayOptions['append'] = (requests, turn) => eventLog.append(requests, turn);
  const relay = new Relay({ database, append, clock, log, metrics });
  relay.start();
  disposables.defer(() => relay.close());
  disposables.defer(onReconnect(() => relay.retry()));
}

/** Listens to other services as soon as their channel can be reached. The ingest also takes what they say by a mutation. */
export function startIngest(
  { clock, log, metrics, disposables }: AppContext,
  { reconcile }: Repositories,
  { externalBus, leases }: Stores,
): Ingest {
  const ingest = new Ingest({ bus: externalBus, leases, reconcile, clock, metrics, log });
  ingest.start().catch((error: unknown) => log.error({ err: error }, 'other services cannot be listened to'));
  disposables.defer(() => ingest.close());
  return ingest;
}

/** Deletes events that are older than they are kept. */
export function trimAuditTrail({ config, clock, log, disposables }: AppContext, audit: AuditTrail): void {
  const { eventRetentionDays } = config.record;
  const run = async () => {
    const deleted = await audit.deleteOlderThan(eventRetentionDays * dayMs);
    if (deleted > 0) log.info({ deleted, eventRetentionDays }, 'old events were deleted');
  };
  const onError = (error: unknown) => log.error({ err: error }, 'old events could not be deleted');
  disposables.defer(repeat({ clock, everyMs: auditTrimMs, run, onError }));
}
