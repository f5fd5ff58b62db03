/** A connection between client and service that a test can cut. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach } from '@jest/globals';

const undos: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0)) await undo();
});

export interface CutProxy {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** Breaks all connections, and refuses new ones until `mend`. */
  cut(): void;
  mend(): void;
  /** New connections lead to the service at another URL; those that there are stay, as behind the address of a load balancer. */
  leadTo(url: string): void;
  /** Nothing passes any more on the connections that there are, and neither side is told: what is sent is lost when they are cut. */
  silence(): SilentConnections;
  /**
   * Breaks all connections for one end alone. Without the client the service hears nothing of it, as when a phone has another
   * address; without the service, the client.
   */
  halfOpen(lost?: 'client' | 'service'): SilentConnections;
}

export interface SilentConnections {
  /** All that was sent meanwhile arrives. */
  forward(): void;
  /** Breaks what is left of them. */
  cut(): void;
}

/** Leads to the service at `url`; closed after the test. */
export async function tCutProxy(url: string): Promise<CutProxy> {
  let target = new URL(url);
  const sockets = new Set<Socket>();
  /** The client's end of each connection, and the service's. */
  const pairs = new Map<Socket, Socket>();
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) return client.destroy();
    const upstream = connect(Number(target.port), target.hostname);
    client.pipe(upstream).pipe(client);
    pairs.set(client, upstream);
    client.once('close', () => pairs.delete(client));
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => [client, upstream].forEach((side) => side.destroy()));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = () => {
    for (const socket of sockets) socket.destroy();
  };
  const silence = (): SilentConnections => {
    const silent = [...pairs];
    for (const [client, upstream] of silent) {
      client.unpipe(upstream);
      upstream.unpipe(client);
      for (const side of [client, upstream]) side.pause();
    }
    return {
      forward() {
        for (const [client, upstream] of silent) client.pipe(upstream).pipe(client);
      },
      cut() {
        for (const side of silent.flat()) side.destroy();
      },
    };
  };
  undos.push(async () => {
    server.close();
    end();
    await once(server, 'close');
  });
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true;
      end();
    },
    mend() {
      isCut = false;
    },
    leadTo(other) {
      target = new URL(other);
    },
    silence,
    halfOpen(lost = 'client') {
      const ends = lost === 'client' ? [...pairs.keys()] : [...pairs.values()];
      const silent = silence();
      for (const end of ends) end.destroy();
      return silent;
    },
  };
}
