/** What runs without being asked for: relaying events, listening to other services, deleting what is old. */
import type { Database } from '../db/database.ts';
import type { MutationKeys } from '../db/mutations/mutation-keys.ts';
import { Relay } from '../db/relay.ts';
import { relayedIn } from '../db/relayed/relayed-events.ts';
import { RelayedProof } from '../db/relayed/relayed-proof.ts';
import { deleteOlder } from '../db/retention.ts';
import { dayMs, shifted } from '../lib/clock.ts';
import { repeat } from '../lib/repeat.ts';
import { logFailure } from '../observability/log-failure.ts';
import { createAppend } from '../modules/index.ts';
import { AlertWatcher } from '../modules/alert/alert-watcher.ts';
import { Escalator, type EscalatorOptions } from '../modules/dispatch/assignments/escalator.ts';
import { externalChannel } from '../modules/dispatch/notifications/change-notification.ts';
import { Ingest } from '../modules/dispatch/notifications/ingest.ts';
import { ReceiptTable } from '../modules/dispatch/receipts/receipt-table.ts';
import { ReceiptKeeper } from '../realtime/receipts/receipt-keeper.ts';
import { createHeldElsewhere } from '../realtime/slots/held-elsewhere.ts';
import { heldFor } from '../stores/slots/slots.ts';
import { SlotKeeper } from '../realtime/slots/slot-keeper.ts';
import type { AppContext } from './app-context.ts';
import type { Repositories } from './repositories.ts';
import type { Stores } from './stores.ts';

const deleteEveryMs = 60 * 60_000;
/** Soon after the start: who restarts often deletes as well. */
const firstDeleteMs = 5_000;

/** Keeps places for clients who come back. Null where none are kept. */
export function keepSlots(
  { config, clock, log, metrics, parts }: AppContext,
  { slots, peers, onReconnect }: Stores,
): SlotKeeper | null {
  if (config.realtime.resumeWindowMs === 0) return null;
  // Until it is noticed that a connection is gone without a word, two pings may pass.
  const lookBackMs = heldFor({ windowMs: config.realtime.resumeWindowMs }) + 2 * config.websocket.keepAliveMs;
  const isHeldElsewhere = createHeldElsewhere(peers);
  const keeper = new SlotKeeper({ slots, lookBackMs, isHeldElsewhere, clock, log, metrics });
  parts.add('slots', () => keeper.close());
  parts.add(
    'slots after an outage',
    onReconnect(() => keeper.renewAll()),
  );
  return keeper;
}

/** Keeps what clients have acknowledged. Null where that is not kept. */
export function keepReceipts(
  { config, clock, log, metrics, parts }: AppContext,
  database: Database,
): ReceiptKeeper | null {
  const { isOn, everyMs } = config.record.receipts;
  if (!isOn) return null;
  const table = new ReceiptTable(database);
  const keeper = new ReceiptKeeper({
    ...{ everyMs, clock, log, metrics },
    write: (rows) => table.write(rows),
  });
  parts.add('receipts', () => keeper.close());
  return keeper;
}

/** Appends the events of committed changes to the event log. */
export function startRelay(
  { config, clock, log, metrics, tracing, parts }: AppContext,
  database: Database,
  { eventLog, onReconnect }: Stores,
): void {
  const proof = new RelayedProof({
    findMissing: (events) => eventLog.findMissing(events),
    relayed: relayedIn(database),
    ...{ clock, log },
  });
  const relay = new Relay({
    database,
    // What is in this process alone is never an older copy.
    ...(config.stores.kind === 'redis' && { proof }),
    beginTurns: () => eventLog.beginTurns(),
    append: createAppend(eventLog, ({ change, alert: { kind } }) => metrics.alerts.inc({ kind, change })),
    keptEvents: config.stores.eventLog.maxEvents,
    ...{ clock, log, metrics, tracing },
  });
  relay.start();
  parts.add('the relay', () => relay.close());
  parts.add(
    'the relay after an outage',
    onReconnect(() => relay.retry()),
  );
}

/** Escalates assignments that nobody answers. */
export function startEscalator(
  { clock, log, metrics, parts }: AppContext,
  database: Database,
  { assignmentBook: book, messages }: Pick<Repositories, 'assignmentBook' | 'messages'>,
): void {
  const tell: EscalatorOptions['tell'] = (change, some) => messages.write(change, some);
  const escalator = new Escalator({ database, clock, book, tell, log, metrics });
  escalator.start();
  parts.add('the escalator', () => escalator.close());
}

/** Raises what is an alert. */
export function startAlertWatcher(
  { clock, log, parts }: AppContext,
  database: Database,
  { alertBook: book, assignmentReader }: Pick<Repositories, 'alertBook' | 'assignmentReader'>,
): void {
  const deliveriesOf = (ids: readonly string[]) => assignmentReader.deliveriesOf(ids);
  const watcher = new AlertWatcher({ database, clock, book, deliveriesOf, log });
  watcher.start();
  parts.add('the watcher of alerts', () => watcher.close());
}

/** Listens to other services as soon as their channel can be reached. The ingest also takes what they say by a mutation. */
export function startIngest(
  { clock, log, metrics, parts }: AppContext,
  { reconcile }: Repositories,
  { externalBus, leases }: Stores,
): Ingest {
  const ingest = new Ingest({ bus: externalBus, leases, reconcile, clock, metrics, log });
  ingest.start().catch((error: unknown) => {
    log.error({ err: error, channel: externalChannel }, 'what other services publish cannot be heard');
  });
  parts.add('the ingest', () => ingest.close());
  return ingest;
}

/** Deletes what is older than it is kept, table by table: one that fails does not keep the others from it. */
export function deleteOld({ config, clock, log, parts }: AppContext, database: Database): void {
  const { retentionDays } = config.record;
  // Receipts say of events who has seen them, and alerts what came of them.
  const daysOf = { ...retentionDays, receipts: retentionDays.events, alerts: retentionDays.events };
  for (const table of ['alerts', 'events', 'locations', 'messages', 'receipts'] as const) {
    const days = daysOf[table];
    const run = async () => {
      const deleted = await deleteOlder(database, table, shifted(clock.now(), -days * dayMs));
      if (deleted > 0) log.info({ table, deleted, days }, 'old rows were deleted');
    };
    // They are older the next time.
    const onError = (error: unknown) =>
      logFailure(log, { table, err: error }, 'old rows could not be deleted');
    parts.add(
      `the deletion of old ${table}`,
      repeat({ clock, everyMs: deleteEveryMs, firstMs: firstDeleteMs, run, onError }),
    );
  }
}

/** Deletes the keys of mutations that nobody sends again any more. */
export function forgetMutations({ clock, log, metrics, parts }: AppContext, keys: MutationKeys): void {
  const run = async () => {
    const deleted = await keys.deleteExpired((count) => metrics.mutationKeysDeleted.inc(count));
    if (deleted > 0) log.info({ deleted }, 'old idempotency keys were deleted');
  };
  const onError = (error: unknown) =>
    logFailure(log, { err: error }, 'old idempotency keys could not be deleted');
  parts.add(
    'the deletion of idempotency keys',
    repeat({ clock, everyMs: deleteEveryMs, firstMs: firstDeleteMs, run, onError }),
  );
}
