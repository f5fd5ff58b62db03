/** One subscriber: a stock graphql-ws client that resumes with its cursor on any process, through nginx. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'graphql-ws';
import { between, type Random } from '../../src/cli/replay/random.ts';
import { disposeOf, subscribe, tClient } from '../support/graphql-client.ts';
import type { Update } from '../support/operations.ts';
import type { ClientPath } from './client-path.ts';
import { Sightings } from './sightings.ts';
import { describeFailure, type ConnectionEnd } from './stock-client.ts';
import type { Sight } from './story.ts';

export interface SubscriberOptions {
  readonly path: ClientPath;
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
  readonly path: ClientPath;
  /** Of all its streams. */
  readonly sightings = new Sightings();
  readonly acknowledges = true;
  readonly ends: ReadonlyMap<number, ConnectionEnd> = new Map();
  readonly #client: Client;

  constructor({ path, name, token, random }: SubscriberOptions) {
    this.name = name;
    this.path = path;
    this.#client = tClient(path.wsUrl, token, {
      retryAttempts: Infinity,
      shouldRetry: () => true,
      retryWait: () => sleep(between(random, 10, 300)),
      // Some clients keep their socket between two streams, some open a new one.
      lazyCloseTimeout: random() < 0.3 ? 0 : 900,
      on: {
        connected: () => this.sightings.connected(),
        ping: (received) => {
          if (received) this.sightings.asked();
        },
        pong: (received) => {
          if (!received) this.sightings.acknowledge();
        },
      },
    });
  }

  /** Acknowledged connections, and events received. */
  get figures(): { readonly connects: number; readonly events: number } {
    return { connects: this.sightings.connection, events: this.sightings.all.length };
  }

  /** Subscribes until `isLast` returns true for an event, or until the stream is closed. */
  watch(
    query: string,
    variables: Record<string, unknown>,
    isLast: (update: Update) => boolean = () => false,
  ): OpenStream {
    const sights: Sight[] = [];
    const newest = new Map<string, number>();
    let isClosed = false;
    const onEvent = (update: Update) => {
      const { id, version } = update.dispatch;
      const sight = { id, version, isSnapshot: update.changeType === 'SNAPSHOT' };
      sights.push(sight);
      this.sightings.note(sight);
      newest.set(id, version);
      if (isLast(update)) close();
    };
    // Writes the newest cursor into `variables`, for the client's reconnects.
    const shown = subscribe<Update>(this.#client, query, variables, onEvent);
    const close = () => {
      isClosed = true;
      shown.unsubscribe();
    };
    const ended = shown.ended().then(() => {
      if (!isClosed)
        throw new Error(`${this.name} was given up: ${shown.failures.map(describeFailure).join(', ')}`);
    });
    return { sights, newest, ended, close };
  }

  end(): Promise<void> {
    return disposeOf(this.#client);
  }
}
