/** Speaks the protocols of the servers: graphql-transport-ws, also without ids, and those of Socket.IO and Centrifugo. */
import { centrifugo } from './centrifugo-protocol.ts';

export interface Subscription {
  readonly id: string;
  readonly query: string;
  readonly operationName: string;
  readonly variables: { readonly id?: string; readonly after?: string };
  readonly topic: string;
}

/** What a message means that is not an event. `epoch` names the log that a subscription's events are of. */
export type Meaning =
  | 'ready'
  | 'nothing'
  | 'snapshot'
  | { readonly epoch: string }
  | { readonly reply: string }
  | { readonly problem: string };

export interface Protocol {
  readonly path: string;
  readonly subProtocol: string | null;
  /** Stands between messages that share a frame; null where each has a frame of its own. */
  readonly separator: string | null;
  /** The message to send when the socket is open; null for none. */
  greeting(token: string | null): string | null;
  subscribe(subscription: Subscription): string;
  understand(text: string): Meaning;
  /** The id and payload of an event's message. */
  readEvent(text: string): { readonly id: string | null; readonly payload: unknown };
  /** What `after` of a subscription is, to go on after an event's message; undefined where events do not say so. */
  readCursor(text: string, epoch: string): string | undefined;
}

const graphql: Protocol = {
  path: '/graphql',
  subProtocol: 'graphql-transport-ws',
  separator: null,
  greeting: (token) =>
    JSON.stringify({
      type: 'connection_init',
      ...(token !== null && { payload: { authorization: `Bearer ${token}` } }),
    }),
  subscribe: ({ id, query, operationName, variables }) =>
    JSON.stringify({ id, type: 'subscribe', payload: { query, operationName, variables } }),
  understand(text) {
    const { type, payload } = JSON.parse(text) as { type: string; payload?: { errors?: unknown } };
    if (type === 'connection_ack') return 'ready';
    if (type === 'ping') return { reply: '{"type":"pong"}' };
    if (type === 'next' && !payload?.errors) return 'snapshot';
    return { problem: text };
  },
  readEvent(text) {
    const { id, payload } = JSON.parse(text) as { id: string; payload: unknown };
    return { id, payload };
  },
  readCursor: (text) => /"cursor":"([^"]+)"/.exec(text)?.[1],
};

/** The same for a server that publishes the same bytes to all: they do not name an operation. */
const published: Protocol = {
  ...graphql,
  readEvent: (text) => ({ ...graphql.readEvent(text), id: null }),
};

const socketio: Protocol = {
  path: '/socket.io/?EIO=4&transport=websocket',
  subProtocol: null,
  separator: null,
  greeting: () => null,
  subscribe: ({ topic }) => `42${JSON.stringify(['subscribe', topic])}`,
  understand(text) {
    if (text.startsWith('0')) return { reply: '40' };
    if (text.startsWith('40')) return 'ready';
    if (text === '2') return { reply: '3' };
    return { problem: text };
  },
  readEvent(text) {
    const [, payload] = JSON.parse(text.slice(2)) as [string, unknown];
    return { id: null, payload };
  },
  readCursor: () => undefined,
};

export const protocols = { graphql, published, socketio, centrifugo };
export type ProtocolName = keyof typeof protocols;
