/** Sockets of the bench that each watch something, such as a part of a map, and count what comes. */
import { machineUs } from '../../dispatch-event.ts';
import { Latencies } from '../../load/latencies.ts';
import { WebSocketClient } from '../../load/web-socket.ts';

/** With what every event begins; two of its bytes tell it from all else: that it has an id, and its type. */
const beginning = Buffer.from('{"id":"1","type":"next"');
const [idAt, typeAt] = [2, 18];
const timeMark = Buffer.from('"altitud":');
const comma = 0x2c;
/** Of so many events one is timed: to read each takes the clients more time than the server has for it. A prime, so that it is not always the same map's. */
const timedOf = 17;

type Variables = Readonly<Record<string, unknown>>;

export class Watchers {
  readonly #query: string;
  readonly #latencies = new Latencies();
  readonly #sockets: WebSocketClient[] = [];
  #deliveries = 0;
  #bytes = 0;
  #problem: string | null = null;

  constructor(query: string) {
    this.#query = query;
  }

  /** One for each of the variables. Resolves when all are subscribed. */
  async open(port: number, tokens: readonly string[], each: readonly Variables[]): Promise<void> {
    for (const [index, variables] of each.entries())
      await this.#openOne(port, tokens[index % tokens.length]!, variables);
  }

  #openOne(port: number, token: string, variables: Variables): Promise<void> {
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
            const payload = { query: this.#query, variables };
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
    if (end - start < beginning.length) return false;
    if (buffer[start + idAt] !== beginning[idAt] || buffer[start + typeAt] !== beginning[typeAt])
      return false;
    this.#deliveries += 1;
    this.#bytes += end - start;
    if (this.#deliveries % timedOf !== 0) return true;
    if (buffer.compare(beginning, 0, beginning.length, start, start + beginning.length) !== 0) return false;
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
