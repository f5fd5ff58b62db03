/** An address in front of several services that leads each request to the next of them, as a balancer does. */
import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach } from '@jest/globals';

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0)) await undo();
});

export interface RoundRobin {
  readonly url: string;
  /** Where the requests went, in their order: the method, and the number of the service. */
  readonly log: readonly string[];
  /** Nothing is led to this service any more. */
  leaveOut(url: string): void;
  /** It has its turns again. */
  takeIn(url: string): void;
  /** Breaks what clients have open. */
  cut(): void;
}

/** A service that refuses the connection is left out for this request. WebSockets are led on, too. Closed after the test. */
export async function tRoundRobin(urls: readonly string[]): Promise<RoundRobin> {
  const log: string[] = [];
  const leftOut = new Set<string>();
  const open = new Set<ServerResponse>();
  let next = 0;
  const forward = (from: IncomingMessage, to: ServerResponse, body: Buffer, tries: number): void => {
    const number = next++ % urls.length;
    if (leftOut.has(urls[number]!)) return forward(from, to, body, tries);
    const { method, headers, url } = from;
    const sent = send(urls[number]! + url!, { method, headers, agent: false }, (answer) => {
      log.push(`${method} ${number}`);
      to.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(to);
      // What ends in its middle there does so here.
      answer.once('close', () => answer.complete || to.destroy());
    });
    to.once('close', () => sent.destroy());
    sent.once('error', () => {
      if (!to.headersSent && tries < urls.length) forward(from, to, body, tries + 1);
      else to.destroy();
    });
    sent.end(body);
  };
  const forwardSocket = (from: IncomingMessage, client: Duplex, head: Buffer, tries: number): void => {
    const number = next++ % urls.length;
    if (leftOut.has(urls[number]!)) return forwardSocket(from, client, head, tries);
    const { hostname, port } = new URL(urls[number]!);
    const socket = connect(Number(port), hostname);
    let isOpen = false;
    socket.once('connect', () => {
      isOpen = true;
      log.push(`upgrade ${number}`);
      socket.write(headOf(from));
      socket.write(head);
      socket.pipe(client).pipe(socket);
    });
    // Followed by `close`.
    socket.once('error', () => undefined);
    socket.once('close', () => {
      if (!isOpen && tries < urls.length) forwardSocket(from, client, head, tries + 1);
      else client.destroy();
    });
    client.once('close', () => socket.destroy());
  };
  const server = createServer((from, to) => {
    open.add(to);
    to.once('close', () => open.delete(to));
    const chunks: Buffer[] = [];
    from.on('data', (chunk: Buffer) => chunks.push(chunk));
    from.once('end', () => forward(from, to, Buffer.concat(chunks), 1));
  }).listen(0, '127.0.0.1');
  const sockets = new Set<Duplex>();
  server.on('upgrade', (from: IncomingMessage, client: Duplex, head: Buffer) => {
    sockets.add(client);
    client.on('error', () => undefined);
    client.once('close', () => sockets.delete(client));
    forwardSocket(from, client, head, 1);
  });
  await once(server, 'listening');
  undos.push(async () => {
    server.close();
    server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    leaveOut: (url) => void leftOut.add(url),
    takeIn: (url) => void leftOut.delete(url),
    cut: () => open.forEach((to) => to.destroy()),
  };
}

/** The beginning of a request as it came. */
function headOf({ method, url, rawHeaders }: IncomingMessage): string {
  const headers = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []));
  return [`${method} ${url} HTTP/1.1`, ...headers, '', ''].join('\r\n');
}
