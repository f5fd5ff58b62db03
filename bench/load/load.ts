/** Owns the simulated clients of one run: how they come, what they subscribe to, and what they are shown. */
import { machineUs, topicOf } from '../dispatch-event.ts';
import { readCpuSeconds, readWaitedSeconds } from '../proc.ts';
import { Latencies } from './latencies.ts';
import { LoadSocket } from './load-socket.ts';
import { protocols, type Protocol, type ProtocolName } from './protocols.ts';

export interface Opening {
  readonly port: number;
  readonly protocol: ProtocolName;
  readonly sockets: number;
  /** The sockets' tokens, in turn; empty where none are asked for. */
  readonly tokens: readonly string[];
}

export interface Subscribing {
  readonly query: string;
  readonly operationName: string;
  /** So many dispatches, from number `firstTopic` on (from 1 unless said). */
  readonly topics: number;
  readonly firstTopic?: number;
  /** Subscriptions of each socket, which begin where those of the socket before ended. */
  readonly perSocket: number;
}

/** What one stretch of time brought. */
export interface WindowFigures {
  readonly deliveries: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** For so long the server could have run and did not get its core. */
  readonly waitedSeconds: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Handshakes under way at once. */
const maxOpening = 100;
/** Each loopback address has about 28,000 ports, and those of sockets that ended rest for a minute. */
const localAddresses = 20;

export class Load {
  readonly #latencies = new Latencies();
  #sockets: LoadSocket[] = [];
  #opening: Opening | undefined;
  #deliveries = 0;
  #snapshots = 0;
  #problem: string | null = null;
  #onEvent: (socket: LoadSocket, publishedUs: number) => void = () => undefined;

  get sockets(): readonly LoadSocket[] {
    return this.#sockets;
  }

  /** Events that came, snapshots not counted. */
  get deliveries(): number {
    return this.#deliveries;
  }

  get snapshots(): number {
    return this.#snapshots;
  }

  get #protocol(): Protocol {
    return protocols[this.#opening!.protocol];
  }

  /** Opens all sockets, some at a time. Resolves when each may subscribe. */
  async open(
    opening: Opening,
    listener: (socket: LoadSocket, publishedUs: number) => void = () => undefined,
  ) {
    this.#opening = opening;
    this.#onEvent = listener;
    this.#sockets = [];
    this.#snapshots = 0;
    for (let first = 0; first < opening.sockets; first += maxOpening) {
      const wave = [];
      for (let index = first; index < Math.min(first + maxOpening, opening.sockets); index += 1)
        wave.push(this.#openOne(index));
      this.#sockets.push(...wave);
      await Promise.all(wave.map(({ ready }) => ready));
    }
  }

  /** Opens all sockets at once; each subscribes as soon as it may. Resolves when all have. */
  async returnAll(
    opening: Opening,
    listener: (socket: LoadSocket, publishedUs: number) => void,
    onReady: (socket: LoadSocket, index: number) => void,
  ): Promise<void> {
    this.#opening = opening;
    this.#onEvent = listener;
    this.#sockets = Array.from({ length: opening.sockets }, (_, index) => this.#openOne(index));
    await Promise.all(this.#sockets.map((socket, index) => socket.ready.then(() => onReady(socket, index))));
  }

  #openOne(index: number): LoadSocket {
    const { port, tokens } = this.#opening!;
    return new LoadSocket(
      {
        protocol: this.#protocol,
        port,
        localAddress: `127.0.0.${2 + (index % localAddresses)}`,
        token: tokens[index % tokens.length] ?? null,
        onEvent: (socket, publishedUs) => {
          this.#deliveries += 1;
          this.#latencies.add((machineUs() - publishedUs) / 1000);
          this.#onEvent(socket, publishedUs);
        },
        onSnapshot: () => (this.#snapshots += 1),
        onProblem: (problem) => (this.#problem ??= problem),
      },
      // For the comparison of what contestants show.
      index === 0 || index === this.#opening!.sockets - 1,
    );
  }

  /** Resolves when all has been sent. */
  async subscribe(subscribing: Subscribing): Promise<void> {
    this.#sockets.forEach((socket, index) => this.subscribeOne(socket, index, subscribing));
    await Promise.all(this.#sockets.map((socket) => socket.flushed()));
  }

  subscribeOne(socket: LoadSocket, index: number, subscribing: Subscribing, after?: string): void {
    const { query, operationName, topics, firstTopic = 1, perSocket } = subscribing;
    for (let place = 0; place < perSocket; place += 1) {
      const dispatch = String(firstTopic + ((index * perSocket + place) % topics));
      socket.subscribe({
        id: operationId(index, place),
        ...{ query, operationName },
        variables: { id: dispatch, ...(after !== undefined && { after }) },
        topic: topicOf(dispatch),
      });
    }
  }

  /** Waits until so many events have come since the last `clear`, or snapshots at all; gives up quietly. */
  async received(what: 'deliveries' | 'snapshots', atLeast: number, timeoutMs: number): Promise<number> {
    const endUs = machineUs() + timeoutMs * 1000;
    while (this[what] < atLeast && machineUs() < endUs) {
      this.check();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this[what];
  }

  /** Counts and times for a while what comes, and what the server's process uses meanwhile. */
  async window(pid: number, durationMs: number): Promise<WindowFigures> {
    this.clear();
    const beganUs = machineUs();
    const [beganCpu, beganWaited] = [readCpuSeconds(pid), readWaitedSeconds(pid)];
    await new Promise((resolve) => setTimeout(resolve, durationMs));
    const cpuSeconds = readCpuSeconds(pid) - beganCpu;
    const waitedSeconds = readWaitedSeconds(pid) - beganWaited;
    const seconds = (machineUs() - beganUs) / 1e6;
    this.check();
    const [p50Ms, p99Ms] = [this.#latencies.quantile(0.5), this.#latencies.quantile(0.99)];
    return { deliveries: this.#deliveries, seconds, cpuSeconds, waitedSeconds, p50Ms, p99Ms };
  }

  clear(): void {
    this.#deliveries = 0;
    this.#latencies.clear();
  }

  /** The newest events that the first and the last socket were shown. */
  samples() {
    return [this.#sockets[0], this.#sockets.at(-1)].map((socket) => {
      if (!socket?.text) throw new Error('A socket was shown no event.');
      return this.#protocol.readEvent(socket.text);
    });
  }

  drop(): void {
    for (const socket of this.#sockets) socket.drop();
  }

  /** Throws what went wrong with a socket. */
  check(): void {
    if (this.#problem !== null) throw new Error(this.#problem);
  }
}

/** In the form of those of the stock client, and the same for every contestant. */
function operationId(socket: number, place: number): string {
  const digits = (value: number, count: number) => value.toString(16).padStart(count, '0');
  return `9c5b94b1-35ad-49bb-b118-${digits(socket, 8)}${digits(place, 4)}`;
}
