/**
 * The names of spans and of what is said of them. Those of messaging, databases and HTTP are published conventions of
 * OpenTelemetry; those of GraphQL subscriptions are proposed (semantic-conventions, pull request 3515) and may change.
 */
import type { Attributes } from './tracing.ts';

/** The execution of an event for all who share an operation. */
export const subscriptionEvent = 'graphql.subscription.event';
/** The gauge of subscriptions that are live. */
export const activeSubscriptions = 'graphql.server.subscription.active';
/** A change with its event: begin to commit. */
export const transaction = 'transaction';
/** From a result to the end of the round of writes that it was a part of. */
export const socketWrites = 'write to sockets';

/** The name of an operation is its client's, and may be anything: a span is called after its type alone where there is none. */
export const operationSpan = (type: string, name: string | undefined): string =>
  name === undefined ? type : `${type} ${name.slice(0, 100)}`;

export const aboutOperation = (type: string, name: string | undefined): Attributes => ({
  'graphql.operation.type': type,
  'graphql.operation.name': name?.slice(0, 100),
});

/** `topics`: their kinds, since ids would make as many names as there are dispatches. */
export const sendSpan = (topics: readonly string[]): string => `send ${kindOf(topics[0] ?? 'events')}`;

export const aboutSending = (id: string, topics: readonly string[]): Attributes => ({
  'messaging.operation.name': 'send',
  'messaging.operation.type': 'send',
  'messaging.destination.name': topics.join(' '),
  'messaging.destination.template': topics.map(kindOf).join(' '),
  'messaging.message.id': id,
});

export const aboutProcessing = (id: string, topic: string): Attributes => ({
  'messaging.operation.name': 'process',
  'messaging.operation.type': 'process',
  'messaging.destination.name': topic,
  'messaging.destination.template': kindOf(topic),
  'messaging.message.id': id,
});

export const aboutDatabase = (kind: 'sqlite' | 'postgres'): Attributes => ({
  'db.system.name': kind === 'postgres' ? 'postgresql' : 'sqlite',
});

export const aboutCall = (service: string, method: string, url: string): Attributes => ({
  'http.request.method': method,
  'server.address': url,
  'peer.service': service,
});

export const aboutAnswer = (status: number): Attributes => ({ 'http.response.status_code': status });

const kindOf = (topic: string): string => topic.split(':', 1)[0]!;
