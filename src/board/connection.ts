/** Owns the one socket of the page: the stock graphql-ws client, told to stay, and what is known of its state. */
import { createClient, type Client } from 'graphql-ws';

export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'reconnecting'; readonly attempts: number }
  | { readonly kind: 'stopped'; readonly reason: string };

export interface ConnectionOptions {
  readonly url: string;
  /** Asked before each connection. `isOld`: the service has said that the last one has expired. */
  readonly token: (isOld: boolean) => Promise<string>;
  readonly onChange: () => void;
  /** The socket is open and acknowledged. The client has sent all subscriptions again, with the cursors they hold. */
  readonly onLive: () => void;
}

const pingMs = 10_000;
const pongTimeoutMs = 5_000;
const ackTimeoutMs = 10_000;
const firstRetryMs = 250;
const maxRetryMs = 5_000;
/** The service's close code for a token that has expired. */
const expired = 4403;

export class Connection {
  readonly client: Client;
  readonly #options: ConnectionOptions;
  #state: ConnectionState = { kind: 'connecting' };
  #resumes = 0;
  #wasLive = false;
  #attempts = 0;
  #lastCloseCode: number | undefined;
  #pongTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.client = createClient({
      url: options.url,
      lazy: false,
      onNonLazyError: (problem) => this.stop(reasonOf(problem)),
      connectionParams: async () => ({
        authorization: `Bearer ${await options.token(this.#lastCloseCode === expired)}`,
      }),
      connectionAckWaitTimeout: ackTimeoutMs,
      keepAlive: pingMs,
      retryAttempts: Infinity,
      retryWait,
      // Browsers report a refused connection as an error first, which the client by itself takes for final.
      shouldRetry: (problem) => problem instanceof Event || isCloseEvent(problem),
      on: {
        connecting: (isRetry) => this.#connecting(isRetry),
        connected: () => this.#connected(),
        closed: (event) => this.#closed(event),
        ping: (received) => {
          if (!received) this.#pongTimer = setTimeout(() => this.client.terminate(), pongTimeoutMs);
        },
        pong: (received) => {
          if (received) clearTimeout(this.#pongTimer);
        },
      },
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** How often the streams went on after the socket had been lost. */
  get resumes(): number {
    return this.#resumes;
  }

  /** For good: the service has said that coming back does not help. */
  stop(reason: string): void {
    this.#become({ kind: 'stopped', reason });
  }

  #connecting(isRetry: boolean): void {
    if (!isRetry) return;
    this.#attempts += 1;
    this.#become({ kind: 'reconnecting', attempts: this.#attempts });
  }

  #connected(): void {
    if (this.#wasLive) this.#resumes += 1;
    this.#wasLive = true;
    this.#attempts = 0;
    this.#become({ kind: 'live' });
    this.#options.onLive();
  }

  #closed(event: unknown): void {
    clearTimeout(this.#pongTimer);
    this.#lastCloseCode = isCloseEvent(event) ? event.code : undefined;
    if (this.#state.kind === 'live') this.#become({ kind: 'reconnecting', attempts: 0 });
  }

  #become(state: ConnectionState): void {
    if (this.#state.kind === 'stopped') return;
    this.#state = state;
    this.#options.onChange();
  }
}

interface ClosedWith {
  readonly code: number;
  readonly reason: string;
}

export const isCloseEvent = (event: unknown): event is ClosedWith =>
  typeof event === 'object' && event !== null && 'code' in event && 'reason' in event;

function reasonOf(problem: unknown): string {
  if (isCloseEvent(problem)) return problem.reason || `closed with ${problem.code}`;
  return problem instanceof Error ? problem.message : String(problem);
}

/** Twice as long each time up to a bound, less some chance, so that not all boards come back in the same moment. */
function retryWait(retries: number): Promise<void> {
  const longestMs = Math.min(maxRetryMs, firstRetryMs * 2 ** retries);
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      resolve();
    };
    const timer = setTimeout(done, longestMs * (0.5 + Math.random() / 2));
    addEventListener('online', done);
  });
}
