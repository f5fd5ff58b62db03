/** The clients of an evening: dispatchers with a board and the positions of their city, and those who watch a single dispatch. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  boardOperation,
  boardOperationName,
  machineUs,
  operation,
  operationName,
  resumableBoardOperation,
  resumableOperation,
} from '../../dispatch-event.ts';
import {
  positionOperation,
  positionOperationName,
  resumablePositionOperation,
} from '../../position-event.ts';
import { readCpuSeconds, readWaitedSeconds } from '../../proc.ts';
import { Latencies } from '../latencies.ts';
import type { WindowFigures } from '../load.ts';
import { protocols, type ProtocolName, type Subscription } from '../protocols.ts';
import { EveningClient } from './client.ts';

export interface EveningOpening {
  readonly port: number;
  readonly protocol: ProtocolName;
  /** The tokens that sockets use in turn; empty for a server without authentication. */
  readonly tokens: readonly string[];
  /** Whether the server gives cursors, and takes them. */
  readonly canResume: boolean;
  readonly cities: number;
  /** Dispatches of a city that have not ended. Those of the first city are 1 to this number, and so on. */
  readonly dispatchesPerCity: number;
  /** Each watches the board, and the positions of all dispatches of one city. */
  readonly dispatchersPerCity: number;
  /** Each watches the changes of one dispatch, and its positions. */
  readonly watchersPerDispatch: number;
}

export interface EveningFigures extends WindowFigures {
  readonly reconnected: number;
}

/** Handshakes at the same time. */
const maxOpening = 100;
const localAddresses = 20;
const stepMs = 100;

export class Evening {
  readonly #opening: EveningOpening;
  readonly #latencies = new Latencies();
  readonly #all = new Latencies();
  #clients: EveningClient[] = [];
  #received = 0;
  #replayed = 0;
  #reconnected = 0;
  /** So many have to have come back by now, with the part of one that is next. */
  #owed = 0;
  #problem: string | null = null;

  constructor(opening: EveningOpening) {
    this.#opening = opening;
  }

  /** Opens all sockets, `maxOpening` at a time, and subscribes them. */
  async open(): Promise<void> {
    const plans = plansOf(this.#opening);
    for (let first = 0; first < plans.length; first += maxOpening) {
      const wave = plans
        .slice(first, first + maxOpening)
        .map((subscriptions, at) => this.#openOne(first + at, subscriptions));
      this.#clients.push(...wave);
      await Promise.all(wave.map(({ ready }) => ready));
    }
  }

  /** Waits until at least so many events have come, or the time is over. Returns how many have come. */
  async received(atLeast: number, timeoutMs: number): Promise<number> {
    const endUs = machineUs() + timeoutMs * 1000;
    while (this.#received < atLeast && machineUs() < endUs) {
      this.#check();
      await sleep(10);
    }
    return this.#received;
  }

  /** What the first dispatcher was shown last on each subscription, without cursors, which not every subject has. */
  samples(): unknown[] {
    const { texts } = this.#clients[0]!;
    const { readEvent } = protocols[this.#opening.protocol];
    return [...texts!]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([, text]) => readEvent(text.replace(/"cursor":"[^"]+",/, '')));
  }

  /** Forgets what has come, but not which events clients were shown. */
  clear(): void {
    for (const latencies of [this.#latencies, this.#all]) latencies.clear();
    this.#received = 0;
    this.#replayed = 0;
  }

  /** Measures for a while, in which each second so large a share of the sockets (`reconnecting`) is cut off and comes back. */
  async window(pid: number, durationMs: number, reconnecting: number): Promise<EveningFigures> {
    this.#latencies.clear();
    const [began, beganReconnected] = [this.#received, this.#reconnected];
    const beganOwed = this.#owed;
    const beganUs = machineUs();
    const [beganCpu, beganWaited] = [readCpuSeconds(pid), readWaitedSeconds(pid)];
    for (let leftMs = durationMs; leftMs > 0; leftMs = durationMs - (machineUs() - beganUs) / 1e3) {
      await sleep(Math.min(stepMs, leftMs));
      this.#check();
      const passedSeconds = (machineUs() - beganUs) / 1e6;
      this.#reconnectSome(beganOwed + passedSeconds * reconnecting * this.#clients.length);
    }
    return {
      deliveries: this.#received - began,
      seconds: (machineUs() - beganUs) / 1e6,
      cpuSeconds: readCpuSeconds(pid) - beganCpu,
      waitedSeconds: readWaitedSeconds(pid) - beganWaited,
      ...quantiles(this.#latencies),
      reconnected: this.#reconnected - beganReconnected,
    };
  }

  /** Of everything since the last `clear`. Latencies are of events that clients were there for. */
  tally() {
    this.#check();
    const sum = (of: (client: EveningClient) => number) =>
      this.#clients.reduce((total, client) => total + of(client), 0);
    return {
      lost: sum(({ tally }) => tally.missed),
      doubled: sum(({ tally }) => tally.doubled),
      replayed: this.#replayed,
      reconnected: this.#reconnected,
      ...quantiles(this.#all),
    };
  }

  #openOne(index: number, subscriptions: readonly Subscription[]): EveningClient {
    const { port, protocol, tokens } = this.#opening;
    return new EveningClient(
      {
        ...{ port, protocol: protocols[protocol], subscriptions },
        localAddress: `127.0.0.${2 + (index % localAddresses)}`,
        token: tokens[index % tokens.length] ?? null,
        onEvent: (publishedUs) => this.#onEvent(publishedUs),
        onProblem: (problem) => (this.#problem ??= problem),
      },
      machineUs,
      index === 0,
    );
  }

  #onEvent(publishedUs: number | null): void {
    this.#received += 1;
    if (publishedUs === null) this.#replayed += 1;
    else
      for (const latencies of [this.#latencies, this.#all]) latencies.add((machineUs() - publishedUs) / 1000);
  }

  /** Up to so many since the beginning, in turn, so that each is there for as long as it can. */
  #reconnectSome(owed: number): void {
    this.#owed = owed;
    for (; this.#reconnected < Math.floor(owed); this.#reconnected += 1)
      this.#clients[this.#reconnected % this.#clients.length]!.reconnect();
  }

  /** Throws the first thing that went wrong with any socket. */
  #check(): void {
    if (this.#problem !== null) throw new Error(this.#problem);
  }
}

const quantiles = (latencies: Latencies) => ({
  p50Ms: latencies.quantile(0.5),
  p99Ms: latencies.quantile(0.99),
});

/** What each socket subscribes to: first all dispatchers, then all others. */
function plansOf(opening: EveningOpening): Subscription[][] {
  const { cities, dispatchesPerCity, dispatchersPerCity, watchersPerDispatch, canResume } = opening;
  const queries = canResume
    ? { change: resumableOperation, board: resumableBoardOperation, position: resumablePositionOperation }
    : { change: operation, board: boardOperation, position: positionOperation };
  const change = (id: string) => ({ query: queries.change, operationName, variables: { id } });
  const board = { query: queries.board, operationName: boardOperationName, variables: {} };
  const position = (id: string) => ({
    ...{ query: queries.position, operationName: positionOperationName, variables: { id } },
  });
  const idsOf = (city: number) =>
    Array.from({ length: dispatchesPerCity }, (_, at) => String(city * dispatchesPerCity + at + 1));
  const plans = Array.from({ length: cities }, (_, city) => city);
  const dispatchers = plans.flatMap((city) =>
    Array.from({ length: dispatchersPerCity }, () => [board, ...idsOf(city).map(position)]),
  );
  const watchers = plans.flatMap((city) =>
    idsOf(city).flatMap((id) =>
      Array.from({ length: watchersPerDispatch }, () => [change(id), position(id)]),
    ),
  );
  return [...dispatchers, ...watchers].map((streams) =>
    streams.map((stream, place) => ({ ...stream, id: `stream-${place}`, topic: '' })),
  );
}
