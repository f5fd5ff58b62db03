/** One subscriber: a stock graphql-ws client that resumes with its cursor on any process. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { between, type Random } from '../../src/cli/replay/random.ts';
import { subscribe, tClient, type Shown } from '../support/graphql-client.ts';
import type { Update } from '../support/operations.ts';
import type { Cluster } from './cluster.ts';
import type { Sight } from './story.ts';

export interface SubscriberOptions {
  readonly cluster: Cluster;
  readonly name: string;
  readonly token: string;
  readonly random: Random;
}

/** One subscription across all reconnects. */
export interface OpenStream {
  readonly sights: readonly Sight[];
  /** The newest version of each dispatch that was shown. */
  readonly newest: ReadonlyMap<string, number>;
  /** Resolves when it is closed; rejects when the client gave up. */
  readonly ended: Promise<void>;
  close(): void;
}

export class Subscriber {
  readonly name: string;
  readonly #random: Random;
  readonly #client: Client;
  #socket: WebSocket | undefined;
  #isConnected = false;
  #connects = 0;
  #turnedAway = 0;
  #events = 0;

  constructor({ cluster, name, token, random }: SubscriberOptions) {
    this.name = name;
    this.#random = random;
    this.#client = tClient(() => cluster.pickServer(random).wsUrl, token, {
      retryAttempts: Infinity,
      // When no server listens at the address, the next attempt picks another one.
      shouldRetry: () => true,
      retryWait: () => sleep(between(random, 10, 300)),
      // Some clients keep their socket between two streams, some open a new one.
      lazyCloseTimeout: random() < 0.3 ? 0 : 900,
      on: {
        opened: (socket) => void (this.#socket = socket as WebSocket),
        connected: () => {
          this.#isConnected = true;
          this.#connects += 1;
        },
        closed: () => void (this.#isConnected = false),
      },
    });
  }

  /** Acknowledged connections, streams that were refused because Redis was away, and events received. */
  get figures(): { readonly connects: number; readonly turnedAway: number; readonly events: number } {
    return { connects: this.#connects, turnedAway: this.#turnedAway, events: this.#events };
  }

  /** Ends its connection without a closing handshake, as a network does. Returns whether it had one. */
  cut(): boolean {
    if (!this.#isConnected) return false;
    this.#socket?.terminate();
    return true;
  }

  /** Subscribes until `isLast` returns true for an event, or until the stream is closed. */
  watch(
    query: string,
    variables: Record<string, unknown>,
    isLast: (update: Update) => boolean = () => false,
  ): OpenStream {
    const sights: Sight[] = [];
    const newest = new Map<string, number>();
    let shown: Shown<Update> | undefined;
    let isClosed = false;
    const close = () => {
      isClosed = true;
      shown?.unsubscribe();
    };
    const onEvent = (update: Update) => {
      const { id, version } = update.dispatch;
      this.#events += 1;
      sights.push({ id, version, isSnapshot: update.changeType === 'SNAPSHOT' });
      newest.set(id, version);
      if (isLast(update)) close();
    };
    const keepOpen = async () => {
      while (!isClosed) {
        // `subscribe` writes the newest cursor into `variables`, for the client's reconnects and for the next round.
        shown = subscribe<Update>(this.#client, query, variables, onEvent);
        await shown.ended();
        if (isClosed) return;
        if (!isTurnedAway(shown.failures))
          throw new Error(`${this.name} was given up: ${JSON.stringify(shown.failures.map(describe))}`);
        this.#turnedAway += 1;
        await sleep(between(this.#random, 50, 300));
      }
    };
    return { sights, newest, ended: keepOpen(), close };
  }

  async end(): Promise<void> {
    // Rejects when the client is just connecting: there is no connection to close then.
    await Promise.resolve(this.#client.dispose()).catch(() => undefined);
  }
}

/** Whether the service refused because something is away for a while. */
function isTurnedAway(failures: readonly unknown[]): boolean {
  const codes = failures.map((failure) => (failure as { extensions?: { code?: unknown } }).extensions?.code);
  return codes.length > 0 && codes.every((code) => code === 'UPSTREAM_UNAVAILABLE');
}

function describe(failure: unknown): unknown {
  if (failure instanceof Error) return failure.message;
  const { code, reason } = failure as { code?: unknown; reason?: unknown };
  return code === undefined ? failure : { code, reason };
}
