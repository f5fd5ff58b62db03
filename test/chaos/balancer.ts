/** One address in front of all processes, as a load balancer is: who connects is led to one that is up, and is never refused. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/cli/replay/random.ts';

/** Where to lead the next connection; undefined while nothing is up: then it waits. */
export type PickPort = () => number | undefined;

const pauseMs = 20;

/** One connection of a client, from when it is answered for the first time. */
interface Line {
  readonly client: Socket;
  /** Whether the client has spoken after the first answer: until then its attempt to connect would fail with the connection. */
  isOpen: boolean;
}

export class Balancer {
  readonly #server: Server;
  readonly #pickPort: PickPort;
  readonly #sockets = new Set<Socket>();
  readonly #lines = new Set<Line>();

  private constructor(pickPort: PickPort) {
    this.#pickPort = pickPort;
    this.#server = createServer((client) => void this.#serve(client));
  }

  static async start(pickPort: PickPort): Promise<Balancer> {
    const balancer = new Balancer(pickPort);
    balancer.#server.listen(0, '127.0.0.1');
    await once(balancer.#server, 'listening');
    return balancer;
  }

  /** `127.0.0.1:port` */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts about this share of the open connections. Returns how many. */
  cut(share: number, random: Random): number {
    const chosen = [...this.#lines].filter(({ isOpen }) => isOpen && random() < share);
    for (const { client } of chosen) client.destroy();
    return chosen.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  /** Tries one process after the other until one answers, with all that the client has said so far. */
  async #serve(client: Socket): Promise<void> {
    this.#keep(client);
    const said: Buffer[] = [];
    const listen = (bytes: Buffer) => void said.push(bytes);
    client.on('data', listen);
    for (;;) {
      const port = this.#pickPort();
      if (client.destroyed) return;
      if (port === undefined) {
        await sleep(pauseMs);
        continue;
      }
      const upstream = connect(port, '127.0.0.1');
      this.#keep(upstream);
      for (const bytes of said) upstream.write(bytes);
      const pass = (bytes: Buffer) => upstream.write(bytes);
      client.on('data', pass);
      const answer = await firstBytes(upstream);
      client.off('data', pass);
      if (client.destroyed) return void upstream.destroy();
      if (answer) return this.#join(client.off('data', listen), upstream, answer);
      upstream.destroy();
      await sleep(pauseMs);
    }
  }

  /** From the first answer on, what happens to one side happens to the other. */
  #join(client: Socket, upstream: Socket, answer: Buffer): void {
    const line: Line = { client, isOpen: false };
    this.#lines.add(line);
    client.write(answer);
    client.once('data', () => (line.isOpen = true));
    client.on('data', (bytes) => upstream.write(bytes));
    upstream.on('data', (bytes) => client.write(bytes));
    // What has come in time is still handed on, also when the process was killed.
    upstream.once('close', () => client.end());
    client.once('close', () => {
      this.#lines.delete(line);
      upstream.destroy();
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    // Followed by `close`, where it is dealt with.
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

/** What a process answers first; undefined when it ends without an answer. */
function firstBytes(upstream: Socket): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    upstream.once('data', resolve);
    upstream.once('close', () => resolve(undefined));
  });
}
