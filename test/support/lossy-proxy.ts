/** Something between client and service that takes WebSocket messages and does not hand all of them on. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

interface Message {
  readonly type: string;
  readonly payload: { readonly data?: object | null };
}

export interface LossyProxy {
  readonly url: string;
  /** Events that came, also those that were dropped. */
  readonly events: number;
  /** Drops the next events on their way to the client. Nobody is told. The answer to where a stream stands is none. */
  drop(count: number): void;
  /** From now on events are handed on one by one, so far apart. What answers a question comes at once. */
  slowDown(everyMs: number): void;
}

/** Leads to the service at `url`; closed after the test. */
export async function tLossyProxy(url: string): Promise<LossyProxy> {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  let dropping = 0;
  let events = 0;
  let everyMs = 0;
  server.on('connection', (client) => {
    const service = new WebSocket(`${url.replace('http', 'ws')}/graphql`, client.protocol);
    const opened = once(service, 'open');
    let freeAt = 0;
    const sendLate = (text: string) => {
      freeAt = Math.max(freeAt, performance.now()) + everyMs;
      setTimeout(() => client.send(text), freeAt - performance.now());
    };
    client.on('message', (message) => void opened.then(() => service.send(message.toString())));
    service.on('message', (message: Buffer) => {
      const text = message.toString();
      const { type, payload } = JSON.parse(text) as Message;
      const isEvent = type === 'next' && !Object.hasOwn(payload.data ?? {}, 'streamPlaces');
      if (isEvent) events += 1;
      if (isEvent && dropping > 0) dropping -= 1;
      else if (isEvent && everyMs > 0) sendLate(text);
      else client.send(text);
    });
    client.once('close', () => service.terminate());
    service.once('close', () => client.terminate());
    undos.push(
      () => client.terminate(),
      () => service.terminate(),
    );
  });
  undos.push(() => server.close());
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get events() {
      return events;
    },
    drop: (count) => void (dropping = count),
    slowDown: (ms) => void (everyMs = ms),
  };
}
