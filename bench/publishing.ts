/**
 * Publishes events through Redis, for each subject in the form that it expects. `npm run bench -- --against REF` imports
 * `publishers` from this file of the other tree, since only that tree knows how its event log is stored: so the file, the
 * name and its type must stay.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { Emitter } from '@socket.io/redis-emitter';
import { Redis } from 'ioredis';
import createEmitter from 'mqemitter-redis';
import { pino } from 'pino';
import { systemClock } from '../src/lib/clock.ts';
import { createMetrics } from '../src/observability/metrics.ts';
import { formatTraceparent } from '../src/observability/tracing/traceparent.ts';
import { boardTopic, type DispatchEvent } from '../src/modules/dispatch/events.ts';
import { locationTopic } from '../src/modules/location/events.ts';
import { EventLogRedis } from '../src/stores/event-log/redis.ts';
import { RedisConnections } from '../src/stores/redis-connections.ts';
import { publishToCentrifugo } from './centrifugo-api.ts';
import { selectedData, topicOf } from './dispatch-event.ts';
import { publishEvents, publishResults, type EveningPublisher } from './evening.ts';

/** Publishes an event. Resolves when Redis has it. `isTraced`: whether it may be one that is a part of a trace, which is the default. */
export type Publish = (event: DispatchEvent, isTraced?: boolean) => Promise<unknown>;

/**
 * `event-log`: appended to this service's event log, in the topic of its dispatch. `changes`: in the board's topic as well, as the
 * service appends a change. `pubsub`: PUBLISH of the event as JSON. `ready`: PUBLISH of the result's
 * payload. `centrifugo`: the payload, given to one of its servers. The others: the packages of those names.
 */
export type PublishingKind =
  'event-log' | 'changes' | 'pubsub' | 'ready' | 'mqemitter' | 'socketio' | 'centrifugo';

/** Each takes the address of Redis; `centrifugo` that of its server. */
export const publishers: Readonly<Record<PublishingKind, (redisUrl: string) => Publish>> = {
  'event-log': (redisUrl) => publishToEventLog(redisUrl, (event) => [topicOf(event.dispatch.id)]),
  changes: (redisUrl) => publishToEventLog(redisUrl, (event) => [topicOf(event.dispatch.id), boardTopic.key]),
  pubsub(redisUrl) {
    const redis = new Redis(redisUrl);
    return (event) => redis.publish(topicOf(event.dispatch.id), JSON.stringify({ dispatchUpdated: event }));
  },
  ready(redisUrl) {
    const redis = new Redis(redisUrl);
    return (event) =>
      redis.publish(topicOf(event.dispatch.id), JSON.stringify({ data: selectedData(event) }));
  },
  mqemitter(redisUrl) {
    const { hostname, port } = new URL(redisUrl);
    const emitter = createEmitter({ host: hostname, port: Number(port) });
    return (event) =>
      new Promise<void>((resolve, reject) => {
        const topic = topicOf(event.dispatch.id);
        emitter.emit({ topic, payload: { dispatchUpdated: event } }, (error) =>
          error ? reject(error) : resolve(),
        );
      });
  },
  socketio(redisUrl) {
    const emitter = new Emitter(new Redis(redisUrl));
    return (event) => {
      emitter.to(topicOf(event.dispatch.id)).emit('next', { data: selectedData(event) });
      return Promise.resolve();
    };
  },
  centrifugo: publishToCentrifugo,
};

/** Who can show an evening: the kinds for which boards, single dispatches and positions are published. */
export const eveningPublishers: Readonly<
  Partial<Record<PublishingKind, (redisUrl: string) => EveningPublisher>>
> = {
  'event-log'(redisUrl) {
    const eventLog = openEventLog(redisUrl);
    const append = (topics: readonly string[], data: unknown) => {
      const event = { id: randomUUID(), at: Date.now(), data };
      return eventLog.append(topics.map((topic) => ({ topic, event })));
    };
    return {
      change: (event) => append([topicOf(event.dispatch.id), boardTopic.key], event),
      position: (event) => append([locationTopic(event.despachoId).key], event),
    };
  },
  pubsub: publishEvents,
  ready: publishResults,
};

/**
 * One event in as many is a part of a trace that is recorded, as where OTEL_TRACES_SAMPLER_ARG is 0.01. It costs a service
 * something only where that has an address to send traces to.
 */
const publishedPerTrace = 100;

/** With the bounds and the key prefix that the service has by default. */
function openEventLog(redisUrl: string): EventLogRedis {
  const log = pino({ level: 'warn' });
  return new EventLogRedis({
    redis: new RedisConnections({ url: redisUrl, keyPrefix: 'dispatch:', name: 'bench', log }),
    bounds: { maxEvents: 1_000, maxAgeMs: 24 * 60 * 60_000 },
    clock: systemClock,
    metrics: createMetrics(),
    log,
  });
}

function publishToEventLog(redisUrl: string, topicsOf: (event: DispatchEvent) => readonly string[]): Publish {
  const eventLog = openEventLog(redisUrl);
  let published = 0;
  return (event, isTraced = true) => {
    published += 1;
    const trace =
      isTraced && published % publishedPerTrace === 0 ? { traceparent: newTraceparent() } : undefined;
    const logged = { id: randomUUID(), at: Date.now(), data: { ...event, ...trace } };
    return eventLog.append(topicsOf(event).map((topic) => ({ topic, event: logged })));
  };
}

/** The span of a change that is recorded, which the event is sent as a part of. */
const newTraceparent = () => {
  const [traceId, spanId] = [16, 8].map((bytes) => randomBytes(bytes).toString('hex'));
  return formatTraceparent({ traceId: traceId!, spanId: spanId!, isSampled: true });
};
