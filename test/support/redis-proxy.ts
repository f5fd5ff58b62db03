/** A connection to a test's Redis on which answers can be lost, and commands be late. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { TestRedis } from './redis.ts';

export interface RedisProxy extends AsyncDisposable {
  readonly url: string;
  /** The next thing the server answers does not arrive: the connection breaks instead. */
  loseNextAnswer(): void;
  /** Answers lost so far. */
  readonly lost: number;
  /** From now on commands do not arrive, as on a network that stands still. */
  holdCommands(): HeldCommands;
}

export interface HeldCommands {
  /** What the clients have sent meanwhile. */
  readonly text: string;
  /** Sends it to the server, all that was held at once. */
  release(): void;
}

export async function tRedisProxy(server: TestRedis): Promise<RedisProxy> {
  const sockets = new Set<Socket>();
  let isLosing = false;
  let held: { readonly bytes: Buffer; readonly upstream: Socket }[] | undefined;
  let lost = 0;
  const proxy = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1');
    const end = () => {
      for (const socket of [client, upstream]) {
        socket.destroy();
        sockets.delete(socket);
      }
    };
    for (const socket of [client, upstream]) sockets.add(socket.on('error', end).on('close', end));
    client.on('data', (bytes: Buffer) => {
      if (held) held.push({ bytes, upstream });
      else upstream.write(bytes);
    });
    upstream.on('data', (data) => {
      if (!isLosing) return client.write(data);
      isLosing = false;
      lost += 1;
      return end();
    });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port.');
  return {
    url: `redis://127.0.0.1:${address.port}`,
    get lost() {
      return lost;
    },
    holdCommands() {
      const commands: { readonly bytes: Buffer; readonly upstream: Socket }[] = [];
      held = commands;
      return {
        get text() {
          return Buffer.concat(commands.map(({ bytes }) => bytes)).toString('latin1');
        },
        release() {
          held = undefined;
          for (const { bytes, upstream } of commands) upstream.write(bytes);
        },
      };
    },
    loseNextAnswer() {
      isLosing = true;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
