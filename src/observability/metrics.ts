/** All metrics of the service, with their names, meanings and units. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { createCallbackMetrics } from './metrics/callbacks.ts';
import { FrequentCounter } from './frequent-counter.ts';
import { FrequentHistogram } from './frequent-histogram.ts';
import { createLatencyMetrics } from './metrics/latency.ts';
import { createReceiptMetrics } from './metrics/receipts.ts';
import { createSessionMetrics } from './metrics/sessions.ts';
import { createSlotMetrics } from './metrics/slots.ts';
import { createUpstreamMetrics } from './metrics/upstreams.ts';
import { version } from './version.ts';

const costBuckets = [1, 10, 100, 1_000, 10_000, 50_000, 100_000, 1_000_000];

/** Gauges of prom-client that are named as counters are, and say no more than the sums of those that they stand beside. */
const misnamed = ['resources', 'handles', 'requests'].map((what) => `nodejs_active_${what}_total`);

/**
 * Makes all metrics of one process in a registry of their own, with those that Node reports itself. `exemplars`: whether latencies have
 * the ids of traces as examples, which takes the format of OpenMetrics.
 */
export function createMetrics({ exemplars = false } = {}) {
  const registry = new Registry();
  if (exemplars) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  /** `outcomes`: values of the only label that exist from the start with 0, since Prometheus does not see a series' first increment. */
  const counter = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    outcomes: readonly string[] = [],
  ) => {
    const made = new Counter<L>({ name, help, labelNames, registers });
    for (const outcome of outcomes) made.labels(outcome).inc(0);
    return made;
  };
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name, help, labelNames, registers });

  gauge('dispatch_build_info', 'The version of this process, as a label; always 1.', ['version']).set(
    { version },
    1,
  );

  return {
    registry,

    openConnections: gauge(
      'dispatch_open_connections',
      'Connections of clients that are open, of all kinds.',
    ),
    maxConnections: gauge(
      'dispatch_max_connections',
      'Connections of clients that the limit of descriptors allows; 0 where none is known.',
    ),
    connections: gauge('dispatch_ws_connections', 'WebSocket connections that are open.'),
    connectionsClosed: counter(
      'dispatch_ws_connections_closed_total',
      'WebSocket connections that ended, by close code: those of RFC 6455 and of this service, and other.',
      ['code'],
    ),
    eventStreams: gauge('dispatch_event_streams', 'Streams of Server-Sent Events that are open.'),
    multipartStreams: gauge('dispatch_multipart_streams', 'Streams of multipart/mixed that are open.'),
    ...createCallbackMetrics(registers),
    turnedAway: counter(
      'dispatch_turned_away_total',
      'Clients that were told to come back later, over any transport, by why: draining, cut_off, connects, connections, ' +
        'subscribe or descriptors.',
      ['why'],
      ['draining', 'cut_off', 'connects', 'connections', 'subscribe', 'descriptors'],
    ),
    ghosts: counter(
      'dispatch_ghosts_ended_total',
      'Connections and callbacks ended to make room for their viewer, because nobody was there any more.',
    ),
    waiting: gauge(
      'dispatch_subscribes_waiting',
      'Subscriptions and connections that wait here for what passes, instead of being refused.',
    ),
    waits: counter(
      'dispatch_subscribe_waits_total',
      'Subscriptions that had to wait for what passes, by how it ended: served, left or turned_away.',
      ['outcome'],
      ['served', 'left', 'turned_away'],
    ),
    subscriptions: gauge('dispatch_subscriptions', 'Subscriptions that are live or being brought to live.'),
    subscribes: new FrequentCounter({
      name: 'dispatch_subscribes_total',
      help: 'Subscribe attempts, by outcome: live, resumed, snapshot, restarted (the cursor could not be continued) or refused.',
      labelName: 'outcome',
      labelValues: ['live', 'resumed', 'snapshot', 'restarted', 'refused'],
      registers,
    }),
    ...createSessionMetrics(registers),
    ...createSlotMetrics(registers),
    ...createReceiptMetrics(registers),
    groups: gauge('dispatch_groups', 'Groups of subscribers that share one execution per event.'),
    topics: gauge('dispatch_topics_followed', 'Topics that this process follows.'),

    events: new FrequentCounter({
      name: 'dispatch_events_total',
      help: 'Events received from the event log, by kind of topic.',
      labelName: 'kind',
      registers,
    }),
    eventsRefused: counter(
      'dispatch_events_refused_total',
      'Events that could not be read, by kind of topic.',
      ['kind'],
    ),
    executions: new FrequentCounter({
      name: 'dispatch_executions_total',
      help: 'Executions of a subscription document, by cause: event or snapshot.',
      labelName: 'cause',
      registers,
    }),
    deliveries: new FrequentCounter({
      name: 'dispatch_deliveries_total',
      help: 'Frames handed to a subscriber.',
      registers,
    }),
    conflated: counter('dispatch_conflated_total', 'Unsent frames that a newer one replaced.'),
    outboxBytes: gauge(
      'dispatch_outbox_bytes',
      'Bytes that wait in outboxes because their readers are slow.',
    ),
    socketWrites: new FrequentCounter({
      name: 'dispatch_socket_writes_total',
      help: 'Writes to sockets by outboxes.',
      registers,
    }),
    slowReaders: counter(
      'dispatch_slow_readers_closed_total',
      'Sockets closed because they read too slowly.',
    ),
    stalled: counter(
      'dispatch_stalled_connections_ended_total',
      'Connections ended because they took nothing of what waited for them.',
    ),
    unreadBytes: gauge(
      'dispatch_unread_bytes',
      'Bytes of answers and events that wait for readers who have not taken them.',
    ),
    openOperationBytes: gauge(
      'dispatch_open_operation_bytes',
      'About how much memory the different operations take that subscriptions are open with.',
    ),
    ...createLatencyMetrics(registers),

    logGaps: counter(
      'dispatch_event_log_gaps_total',
      'Holes noticed in a followed topic, by outcome: healed or lost.',
      ['outcome'],
      ['healed', 'lost'],
    ),
    relayed: counter('dispatch_events_relayed_total', 'Committed events appended to the event log.'),
    relayFailures: counter(
      'dispatch_relay_failures_total',
      'Attempts to relay that failed and are repeated.',
    ),
    unreadable: counter(
      'dispatch_unreadable_rows_total',
      'Rows that were left out because a newer version of the service wrote what this one does not know, by table; ' +
        'ms_despacho: rows of its lists.',
      ['table'],
      ['dispatches', 'events', 'receipts', 'ms_despacho'],
    ),
    ingested: counter(
      'dispatch_ingested_total',
      'Messages of other services, by outcome: event, duplicate, unchanged or unknown, counted by the process that ' +
        'handled it; refused (unreadable) or failed (given up), counted by every process that heard it.',
      ['outcome'],
    ),

    logLinesDropped: counter(
      'dispatch_log_lines_dropped_total',
      'Lines of the log that were dropped, because they could not be written in time.',
    ),
    positions: counter(
      'dispatch_positions_total',
      'Positions that were reported, by what they were: newest, older (arrived late, in the track alone) or repeated.',
      ['outcome'],
      ['newest', 'older', 'repeated'],
    ),
    deviceClocksOff: gauge(
      'dispatch_device_clocks_off',
      'Devices whose last positions were dated more than a minute ahead of their arrival, or all more than a minute behind.',
      ['direction'],
    ),

    dependencyReady: gauge(
      'dispatch_dependency_ready',
      'Whether something this process needs answered when readiness last asked: 1 yes, 0 no.',
      ['dependency'],
    ),
    mutationKeys: counter(
      'dispatch_mutation_keys_total',
      'Mutations with an idempotency key, by outcome: made, repeated (answered from what was made) or reused (refused: of another mutation).',
      ['outcome'],
      ['made', 'repeated', 'reused'],
    ),
    assignmentEscalations: counter(
      'dispatch_assignment_escalations_total',
      'Assignments that nobody had answered in time, by the level that they were escalated to: 1 the crew again, 2 who assigned, 3 all dispatchers.',
      ['level'],
      ['1', '2', '3'],
    ),
    alerts: counter(
      'dispatch_alerts_total',
      'Alerts by kind, and by what became of them, as this process has appended them to the event log.',
      ['kind', 'change'],
    ),
    mutationKeysDeleted: counter(
      'dispatch_mutation_keys_deleted_total',
      'Idempotency keys that were deleted, a day after their mutation.',
    ),
    clockSkew: gauge(
      'dispatch_clock_skew_seconds',
      "How far this process's clock is ahead of another one's, by whose: database or redis.",
      ['against'],
    ),
    operationCost: new FrequentHistogram({
      name: 'dispatch_operation_cost',
      help: 'What operations may cost, as @cost and @listSize say, by type; of a subscription, one event.',
      labelNames: ['type'],
      buckets: costBuckets,
      registers,
    }),
    untrustedOperations: counter(
      'dispatch_untrusted_operations_total',
      'Operations that are in no manifest, by what became of them: logged or refused.',
      ['outcome'],
      ['logged', 'refused'],
    ),
    rateLimited: counter(
      'dispatch_rate_limited_total',
      'Uses refused by a rate limit, by name of the limit.',
      ['limit'],
    ),
    ...createUpstreamMetrics(registers),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
