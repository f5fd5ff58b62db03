/** Sends HTTP requests on a few connections: each repeats the same request as soon as it has been answered. */
import { connect, type Socket } from 'node:net';
import { machineUs } from '../dispatch-event.ts';
import { readCpuSeconds, readWaitedSeconds } from '../proc.ts';
import { Latencies } from './latencies.ts';

export interface HttpAsking {
  readonly port: number;
  readonly connections: number;
  readonly token: string | null;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface HttpFigures {
  readonly requests: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** How long the server was ready to run and did not get its core. */
  readonly waitedSeconds: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

const headEnd = Buffer.from('\r\n\r\n');
const lastChunk = '0\r\n\r\n';

export class HttpLoad {
  readonly #latencies = new Latencies();
  readonly #request: Buffer;
  readonly #sockets: Socket[] = [];
  #requests = 0;
  #problem: string | null = null;
  #answer = '';

  constructor({ port, connections, token, query, variables }: HttpAsking) {
    const body = JSON.stringify({ query, variables });
    this.#request = Buffer.from(
      `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
        'Accept: application/json\r\n' +
        `${token === null ? '' : `Authorization: Bearer ${token}\r\n`}` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    for (let count = 0; count < connections; count += 1) this.#sockets.push(this.#connect(port));
  }

  async window(pid: number, durationMs: number): Promise<HttpFigures> {
    this.#latencies.clear();
    this.#requests = 0;
    const beganUs = machineUs();
    const [beganCpu, beganWaited] = [readCpuSeconds(pid), readWaitedSeconds(pid)];
    await new Promise((resolve) => setTimeout(resolve, durationMs));
    const cpuSeconds = readCpuSeconds(pid) - beganCpu;
    const waitedSeconds = readWaitedSeconds(pid) - beganWaited;
    const seconds = (machineUs() - beganUs) / 1e6;
    if (this.#problem !== null) throw new Error(this.#problem);
    const [p50Ms, p99Ms] = [this.#latencies.quantile(0.5), this.#latencies.quantile(0.99)];
    return { requests: this.#requests, seconds, cpuSeconds, waitedSeconds, p50Ms, p99Ms };
  }

  /** The body of the newest response. */
  get answer(): string {
    return this.#answer;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #connect(port: number): Socket {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let received: Buffer = Buffer.alloc(0);
    let askedUs = 0;
    const ask = () => {
      askedUs = machineUs();
      socket.write(this.#request);
    };
    socket.on('data', (chunk) => {
      received = received.length > 0 ? Buffer.concat([received, chunk]) : chunk;
      const body = readAnswer(received);
      if (body === undefined) return;
      received = Buffer.alloc(0);
      this.#note(body, askedUs);
      ask();
    });
    socket.on('error', (error) => (this.#problem ??= error.message));
    ask();
    return socket;
  }

  #note(body: string, askedUs: number): void {
    this.#requests += 1;
    this.#latencies.add((machineUs() - askedUs) / 1000);
    this.#answer = body;
    if (body.startsWith('{"errors"')) this.#problem ??= body;
  }
}

/** The body of a response that has arrived completely; undefined before. */
function readAnswer(received: Buffer): string | undefined {
  const end = received.indexOf(headEnd);
  if (end < 0) return undefined;
  const head = received.toString('latin1', 0, end);
  const start = end + headEnd.length;
  const length = /content-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined)
    return received.length < start + Number(length) ? undefined : received.toString('utf8', start);
  const chunked = received.toString('utf8', start);
  if (!chunked.endsWith(lastChunk)) return undefined;
  return chunked.replace(/(^|\r\n)[0-9a-f]+\r\n/gi, '');
}
