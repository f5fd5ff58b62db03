/** The simulated clients of one run: opens their sockets, subscribes them, and counts and times the events that they receive. */
import { machineUs, topicOf } from '../dispatch-event.ts';
import { readCpuSeconds, readWaitedSeconds } from '../proc.ts';
import { Latencies } from './latencies.ts';
import { LoadSocket } from './load-socket.ts';
import { protocols, type Protocol, type ProtocolName } from './protocols.ts';

export interface Opening {
  readonly port: number;
  readonly protocol: ProtocolName;
  readonly sockets: number;
  /** The tokens that sockets use in turn; empty for a server without authentication. */
  readonly tokens: readonly string[];
}

export interface Subscribing {
  readonly query: string;
  readonly operationName: string;
  /** The number of dispatches, from number `firstTopic` on (default 1). */
  readonly topics: number;
  readonly firstTopic?: number;
  /** Subscriptions of each socket. They begin with the dispatch after the last one of the socket before. */
  readonly perSocket: number;
}

/** What was measured while a window of time was open. */
export interface WindowFigures {
  readonly deliveries: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** How long the server was ready to run and did not get its core. */
  readonly waitedSeconds: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Handshakes at the same time. */
const maxOpening = 100;
/**
 * Linux gives one address 28,232 ports (`net.ipv4.ip_local_port_range`), and keeps a port for a minute after its socket ended
 * (TIME_WAIT): one loopback address is not enough.
 */
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

  /** Events received, without snapshots. */
  get deliveries(): number {
    return this.#deliveries;
  }

  get snapshots(): number {
    return this.#snapshots;
  }

  get #protocol(): Protocol {
    return protocols[this.#opening!.protocol];
  }

  /** Opens all sockets, `maxOpening` at a time. Resolves when the server has accepted them all. */
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

  /** Opens all sockets at once and calls `onReady` for each as soon as the server has accepted it. Resolves after the last one. */
  async openAllAtOnce(
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
      // Samples of these two are compared between subjects.
      index === 0 || index === this.#opening!.sockets - 1,
    );
  }

  /** Subscribes all sockets. Resolves when everything has been sent. */
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

  /**
   * Waits until at least so many events have come since the last `clear` (of snapshots all count), or the time is over.
   * Returns how many have come.
   */
  async received(what: 'deliveries' | 'snapshots', atLeast: number, timeoutMs: number): Promise<number> {
    const endUs = machineUs() + timeoutMs * 1000;
    while (this[what] < atLeast && machineUs() < endUs) {
      this.check();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this[what];
  }

  /** Measures for a while: events and their latencies, and the CPU time of the server's process. */
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

  /** Of the events that the first and the last socket received, those that were published last. */
  samples() {
    return [this.#sockets[0], this.#sockets.at(-1)].map((socket) => {
      if (!socket?.text) throw new Error('A socket was shown no event.');
      return this.#protocol.readEvent(socket.text);
    });
  }

  drop(): void {
    for (const socket of this.#sockets) socket.drop();
  }

  /** Throws the first thing that went wrong with any socket. */
  check(): void {
    if (this.#problem !== null) throw new Error(this.#problem);
  }
}

/** As long as the ids that the `graphql-ws` client makes, and the same for every subject. */
function operationId(socket: number, place: number): string {
  const digits = (value: number, count: number) => value.toString(16).padStart(count, '0');
  return `9c5b94b1-35ad-49bb-b118-${digits(socket, 8)}${digits(place, 4)}`;
}
