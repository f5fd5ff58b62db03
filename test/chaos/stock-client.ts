/** One stock graphql-ws client with one subscription and without a cursor: all that it knows of faults is in its two options. */
import type { ClientOptions } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { disposeOf, tClient } from '../support/graphql-client.ts';
import type { Update } from '../support/operations.ts';
import type { StreamKind } from './story.ts';
import type { StockSight } from './stock-verdict.ts';

/** What the README gives for networks that break. */
export const patient = { retryAttempts: Infinity, shouldRetry: () => true } as const;
/** What is enough where no attempt to connect fails. */
export const plain = { retryAttempts: Infinity } as const;

export interface StockClientOptions {
  readonly name: string;
  readonly url: ClientOptions['url'];
  readonly token: string;
  readonly options: typeof patient | typeof plain;
  readonly kind: StreamKind;
  readonly payload: { readonly query: string; readonly variables: Record<string, unknown> };
}

/** Code with which the service closes a socket whose client has to come back later. */
const tryAgainLater = 1013;

export class StockClient {
  readonly name: string;
  readonly kind: StreamKind;
  /** The newest version of each dispatch that it was shown. */
  readonly newest = new Map<string, number>();
  readonly sights: StockSight[] = [];
  #socket: WebSocket | undefined;
  #isConnected = false;
  #connects = 0;
  #connectedAt = 0;
  #turnedAway = 0;
  #events = 0;
  #death: string | undefined;
  readonly #end: () => Promise<void>;

  constructor({ name, kind, url, token, options, payload }: StockClientOptions) {
    this.name = name;
    this.kind = kind;
    const client = tClient(url, token, options);
    client.on('opened', (socket) => void (this.#socket = socket as WebSocket));
    client.on('connected', () => {
      this.#isConnected = true;
      this.#connects += 1;
      this.#connectedAt = performance.now();
    });
    client.on('closed', (event) => {
      this.#isConnected = false;
      if ((event as { code?: unknown }).code === tryAgainLater) this.#turnedAway += 1;
    });
    client.subscribe<Record<string, Update>>(payload, {
      next: ({ data, errors }) => {
        if (errors) this.#death ??= `it was shown ${JSON.stringify(errors)}`;
        for (const update of Object.values(data ?? {})) this.#note(update);
        this.#events += 1;
      },
      error: (error) => (this.#death ??= `its stream failed with ${describeFailure(error)}`),
      complete: () => (this.#death ??= 'its stream was completed'),
    });
    this.#end = () => disposeOf(client);
  }

  #note({ changeType, dispatch: { id, version } }: Update): void {
    this.newest.set(id, Math.max(version, this.newest.get(id) ?? 0));
    this.sights.push({ id, version, isSnapshot: changeType === 'SNAPSHOT', connection: this.#connects });
  }

  /** Why its stream is over, which it must not be; undefined while it lives. */
  get death(): string | undefined {
    return this.#death;
  }

  /** When it was last acknowledged, in the time of `performance.now()`. */
  get connectedAt(): number {
    return this.#connectedAt;
  }

  get figures(): { readonly events: number; readonly connects: number; readonly turnedAway: number } {
    return { events: this.#events, connects: this.#connects, turnedAway: this.#turnedAway };
  }

  /** Ends its connection without a closing handshake, as a network does. Returns whether it had one. */
  cut(): boolean {
    if (!this.#isConnected) return false;
    this.#socket?.terminate();
    return true;
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
