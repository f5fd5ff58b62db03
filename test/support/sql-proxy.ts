/** A proxy between a service and its PostgreSQL, for tests that count statements. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach } from '@jest/globals';

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0)) await undo();
});

export interface SqlProxy {
  /** A URL of the same database, through the proxy. */
  readonly url: string;
  /** How often the service has sent a text since the last `forget`. */
  count(text: string): number;
  forget(): void;
  /** Holds back the answer to the next statement with this text in it; with `after`, on a connection that has sent that text before. */
  holdAnswer(text: string, after?: string): HeldAnswer;
}

export interface HeldAnswer {
  /** Whether the statement was sent. */
  readonly isHeld: boolean;
  release(): void;
  /** Breaks the connection instead. */
  lose(): void;
}

/** Starts the proxy; it is closed after the test. */
export async function tSqlProxy(databaseUrl: string): Promise<SqlProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const holds = new Map<string, (answer: Socket, client: Socket, saidBefore: string) => void>();
  let said = '';
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let saidBefore = '';
    client.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      said += text;
      for (const [wanted, hold] of holds) if (text.includes(wanted)) hold(upstream, client, saidBefore);
      saidBefore += text;
    });
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      // When one side ends, so does the other.
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
    holdAnswer(text, after = '') {
      let release: (() => void) | undefined;
      let lose = () => {};
      holds.set(text, (answer, client, saidBefore) => {
        if (!saidBefore.includes(after)) return;
        holds.delete(text);
        answer.unpipe(client);
        release = () => answer.pipe(client);
        lose = () => client.destroy();
      });
      return {
        get isHeld() {
          return release !== undefined;
        },
        release: () => release?.(),
        lose: () => lose(),
      };
    },
  };
}
