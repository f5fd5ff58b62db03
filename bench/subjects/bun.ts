/** The server `bun`: runs under Bun, whose own server publishes bytes that were received ready-made to all who watch a topic. */
import { Redis } from 'ioredis';
import { answerParent } from '../answering.ts';
import { topicOf } from '../dispatch-event.ts';
import { host, readServerOptions } from './options.ts';

/** As much of Bun's API as is used here. */
interface BunSocket {
  send(text: string): number;
  subscribe(topic: string): void;
}
interface BunServer {
  publish(topic: string, text: string): number;
  upgrade(request: Request): boolean;
}
declare const Bun: {
  serve(options: {
    readonly port: number;
    readonly hostname: string;
    fetch(request: Request, server: BunServer): Response | undefined;
    readonly websocket: { message(socket: BunSocket, text: string): void };
  }): BunServer;
  gc(isSynchronous: boolean): void;
};

interface ClientMessage {
  readonly type: string;
  readonly payload: { readonly variables: { readonly id: string } };
}

// Without the agent, which asks V8.
answerParent({
  collect(_input: null) {
    Bun.gc(true);
    return null;
  },
  heapBytes(_input: null) {
    Bun.gc(true);
    return process.memoryUsage().heapUsed;
  },
});

const { port, redisUrl } = readServerOptions();
const redis = new Redis(redisUrl);
const topics = new Set<string>();

const server = Bun.serve({
  ...{ port, hostname: host },
  fetch: (request, upgrading) =>
    upgrading.upgrade(request) ? undefined : new Response('WebSockets only', { status: 426 }),
  websocket: {
    message(socket, text) {
      const { type, payload } = JSON.parse(text) as ClientMessage;
      if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
      else if (type === 'subscribe') {
        const topic = topicOf(payload.variables.id);
        if (!topics.has(topic)) {
          topics.add(topic);
          void redis.subscribe(topic);
        }
        socket.subscribe(topic);
      }
    },
  },
});
redis.on('message', (topic, payload) => server.publish(topic, `{"type":"next","payload":${payload}}`));
