/** Owns a listener between a service and its PostgreSQL, for tests that count what is asked of the record. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach } from '@jest/globals';

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0)) await undo();
});

export interface SqlProxy {
  /** Leads to the same database. */
  readonly url: string;
  /** How often a text was part of what the service sent since the last `forget`. */
  count(text: string): number;
  forget(): void;
}

/** Passes everything on and listens; closed after the test. */
export async function tSqlProxy(databaseUrl: string): Promise<SqlProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let said = '';
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    client.on('data', (bytes) => (said += bytes.toString('latin1')));
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      // One side that ends ends the other.
      socket.on('error', () => [client, upstream].forEach((side) => side.destroy()));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  undos.push(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  });
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    count: (text) => said.split(text).length - 1,
    forget: () => (said = ''),
  };
}
