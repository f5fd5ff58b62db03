/** The server `raw`: a bare `ws` server that passes on bytes received ready-made, with one `send` for each subscriber. */
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { WebSocketServer, type WebSocket } from 'ws';
import { channelOf } from '../evening.ts';
import { host, readServerOptions } from './options.ts';

interface Subscriber {
  readonly socket: WebSocket;
  /** The part of a message before its payload. */
  readonly head: string;
}

interface ClientMessage {
  readonly type: string;
  readonly id: string;
  readonly payload: { readonly operationName: string; readonly variables: { readonly id?: string } };
}

const { port, redisUrl } = readServerOptions();
const redis = new Redis(redisUrl);
const subscribers = new Map<string, Set<Subscriber>>();

redis.on('message', (topic, payload) => {
  for (const { socket, head } of subscribers.get(topic) ?? []) socket.send(`${head}${payload}}`);
});

function subscribe(socket: WebSocket, own: Map<Subscriber, string>, { id, payload }: ClientMessage): void {
  const topic = channelOf(payload);
  const known = subscribers.get(topic);
  if (!known) void redis.subscribe(topic);
  const subscriber = { socket, head: `{"id":${JSON.stringify(id)},"type":"next","payload":` };
  subscribers.set(topic, (known ?? new Set()).add(subscriber));
  own.set(subscriber, topic);
}

const server = createServer();
new WebSocketServer({ server, path: '/graphql' }).on('connection', (socket) => {
  const own = new Map<Subscriber, string>();
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as ClientMessage;
    if (message.type === 'connection_init') socket.send('{"type":"connection_ack"}');
    else if (message.type === 'subscribe') subscribe(socket, own, message);
  });
  // 'close' follows.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    for (const [subscriber, topic] of own) subscribers.get(topic)?.delete(subscriber);
  });
});
server.listen(port, host);
