/** The maps of the bench: sockets that each watch a box, and count what comes. */
import { createRandom } from '../../../src/cli/replay/random.ts';
import type { Box } from '../../../src/lib/areas/box.ts';
import { machineUs } from '../../dispatch-event.ts';
import { Latencies } from '../../load/latencies.ts';
import { WebSocketClient } from '../../load/web-socket.ts';
import { city } from './fleet.ts';

const query = `subscription Map($area: BoundingBoxInput!) {
  locationsInArea(area: $area, maxRatePerSecond: 2) { change despachoId location { latitud longitud altitud velocidad rumbo } } }`;
const [nextMark, timeMark] = [Buffer.from('"type":"next"'), Buffer.from('"altitud":')];
const comma = 0x2c;

/** A part of the city, a fifth as wide and as high as it is: about five kilometres. */
export function boxes(count: number): Box[] {
  const random = createRandom(3);
  const [height, width] = [(city.north - city.south) / 5, (city.east - city.west) / 5];
  return Array.from({ length: count }, () => {
    const south = city.south + random() * (city.north - city.south - height);
    const west = city.west + random() * (city.east - city.west - width);
    return { south, west, north: south + height, east: west + width };
  });
}

export class Maps {
  readonly #latencies = new Latencies();
  readonly #sockets: WebSocketClient[] = [];
  #deliveries = 0;
  #bytes = 0;
  #problem: string | null = null;

  /** Resolves when all are subscribed. */
  async open(port: number, tokens: readonly string[], areas: readonly Box[]): Promise<void> {
    for (const [index, area] of areas.entries())
      await this.#openOne(port, tokens[index % tokens.length]!, area);
  }

  #openOne(port: number, token: string, { south, west, north, east }: Box): Promise<void> {
    const area = { sur: south, oeste: west, norte: north, este: east };
    const localAddress = `127.0.0.${2 + (this.#sockets.length % 20)}`;
    return new Promise((resolve) => {
      const socket = new WebSocketClient(
        { port, path: '/graphql', subProtocol: 'graphql-transport-ws', localAddress },
        {
          onOpen: () =>
            socket.send(
              JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }),
            ),
          onText: (buffer, start, end) => {
            if (this.#note(buffer, start, end)) return;
            const { type } = JSON.parse(buffer.toString('utf8', start, end)) as { type: string };
            if (type === 'ping') return socket.send('{"type":"pong"}');
            if (type !== 'connection_ack') this.#problem ??= buffer.toString('utf8', start, end);
            const payload = { query, operationName: 'Map', variables: { area } };
            socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
            resolve();
          },
          onEnd: (reason) => (this.#problem ??= reason),
        },
      );
      this.#sockets.push(socket);
    });
  }

  /** Whether it is an event. */
  #note(buffer: Buffer, start: number, end: number): boolean {
    const next = buffer.indexOf(nextMark, start);
    if (next < 0 || next >= end) return false;
    this.#deliveries += 1;
    this.#bytes += end - start;
    const mark = buffer.indexOf(timeMark, start);
    if (mark < 0 || mark >= end) return true;
    const from = mark + timeMark.length;
    const us = Number(buffer.toString('latin1', from, buffer.indexOf(comma, from)));
    this.#latencies.add((machineUs() - us) / 1_000);
    return true;
  }

  /** What has come since the last call. Throws when a socket has ended. */
  take() {
    if (this.#problem !== null) throw new Error(this.#problem);
    const taken = {
      deliveries: this.#deliveries,
      bytes: this.#bytes,
      p50Ms: this.#latencies.quantile(0.5),
      p99Ms: this.#latencies.quantile(0.99),
    };
    this.#deliveries = this.#bytes = 0;
    this.#latencies.clear();
    return taken;
  }

  close(): void {
    for (const socket of this.#sockets) socket.drop();
  }
}
