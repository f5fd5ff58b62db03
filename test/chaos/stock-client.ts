/** One stock graphql-ws client with one subscription and without a cursor: all that it knows of faults is in its two options. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientOptions } from 'graphql-ws';
import { between, type Random } from '../../src/cli/replay/random.ts';
import { disposeOf, tClient } from '../support/graphql-client.ts';
import type { ClientPath } from './client-path.ts';
import { Sightings } from './sightings.ts';
import type { StreamKind } from './story.ts';
import type { Watched } from './watched.ts';

/** What the README gives for networks that break, with waits of at most a second. */
export const patientWith = (random: Random) => ({
  ...{ retryAttempts: Infinity, shouldRetry: () => true },
  retryWait: () => sleep(between(random, 50, 1_000)),
});
/** What is enough where no attempt to connect fails. */
export const plain = { retryAttempts: Infinity } as const;

/** A client that keeps no cursor by itself, of whatever protocol. */
export interface CursorlessClient {
  readonly name: string;
  readonly kind: StreamKind;
  readonly sightings: Sightings;
  /** Its own way to the service; null where something else breaks its connections. */
  readonly path: ClientPath | null;
  /** Whether it acknowledges what it is shown. */
  readonly acknowledges: boolean;
  /** Why its stream is over, which it must not be; undefined while it lives. */
  readonly death: string | undefined;
  readonly figures: ClientFigures;
  /** How each of its connections ended, as far as it is told. */
  readonly ends: ReadonlyMap<number, ConnectionEnd>;
  end(): Promise<void>;
}

export interface ConnectionEnd {
  /** In the time of `performance.now()`. */
  readonly at: number;
  /** Whether it was closed because its process ended. */
  readonly isDrain: boolean;
}

export interface ClientFigures {
  readonly events: number;
  readonly connects: number;
  readonly turnedAway: number;
}

export interface StockClientOptions {
  readonly name: string;
  readonly url: ClientOptions['url'];
  readonly path: ClientPath | null;
  readonly token: string;
  readonly options: Partial<ClientOptions>;
  readonly watched: Watched;
}

/** Codes with which the service closes a socket: come back later, and come back now. */
const [tryAgainLater, restarts] = [1013, 1012] as const;

export class StockClient implements CursorlessClient {
  readonly name: string;
  readonly kind: StreamKind;
  readonly path: ClientPath | null;
  readonly acknowledges = true;
  readonly sightings = new Sightings();
  readonly ends = new Map<number, ConnectionEnd>();
  #turnedAway = 0;
  #events = 0;
  #death: string | undefined;
  readonly #end: () => Promise<void>;

  constructor({ name, url, path, token, options, watched }: StockClientOptions) {
    this.name = name;
    this.kind = watched.kind;
    this.path = path;
    const { sightings } = this;
    const client = tClient(url, token, options);
    client.on('connected', () => sightings.connected());
    client.on('ping', (received) => {
      if (received) sightings.asked();
    });
    client.on('pong', (received) => {
      if (!received) sightings.acknowledge();
    });
    client.on('closed', (event) => {
      const { code } = event as { code?: unknown };
      if (code === tryAgainLater) this.#turnedAway += 1;
      // An attempt to connect that fails is none.
      if (this.ends.has(sightings.connection)) return;
      this.ends.set(sightings.connection, { at: performance.now(), isDrain: code === restarts });
    });
    client.subscribe<Record<string, never>>(watched.payload, {
      next: ({ data, errors }) => {
        if (errors) this.#death ??= `it was shown ${JSON.stringify(errors)}`;
        for (const value of Object.values(data ?? {})) sightings.note(watched.read(value));
        this.#events += 1;
      },
      error: (error) => (this.#death ??= `its stream failed with ${describeFailure(error)}`),
      complete: () => (this.#death ??= 'its stream was completed'),
    });
    this.#end = () => disposeOf(client);
  }

  get death(): string | undefined {
    return this.#death;
  }

  get figures(): ClientFigures {
    const { connection: connects } = this.sightings;
    return { events: this.#events, connects, turnedAway: this.#turnedAway };
  }

  end(): Promise<void> {
    return this.#end();
  }
}

/** An error, what graphql-ws shows of a socket that was closed, or the errors of an operation. */
export function describeFailure(failure: unknown): string {
  if (failure instanceof Error) return failure.message;
  const { code, reason, message } = failure as { code?: unknown; reason?: unknown; message?: unknown };
  return JSON.stringify(code === undefined ? (message ?? failure) : { code, reason });
}
