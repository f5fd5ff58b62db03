/** The only socket of the page: a stock graphql-ws client that always reconnects, and the state of its connection. */
import { createClient, type Client } from 'graphql-ws';
import { words } from '../words/words.ts';

export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'reconnecting'; readonly attempts: number }
  /** `isToken`: with another token it may go on. */
  | { readonly kind: 'stopped'; readonly reason: string; readonly isToken: boolean };

/** For a token that only the viewer can replace: they are asked when it has ended. */
function noneIfEntered(error: unknown): null {
  if (error instanceof NoToken) return null;
  throw error;
}

export interface ConnectionOptions {
  readonly url: string;
  /** Called before each connection, and when its token ends. `isOld`: the one before has expired, or does so soon. */
  readonly token: (isOld: boolean) => Promise<string>;
  readonly onChange: () => void;
  /** The connection is acknowledged. The client has sent all subscriptions again, with their newest cursors. */
  readonly onLive: () => void;
  /** Called for each connection with the service's time, as its acknowledgement says it. */
  readonly onTime: (isoTime: unknown) => void;
}

const pingMs = 10_000;
const pongTimeoutMs = 5_000;
const ackTimeoutMs = 10_000;
const firstRetryMs = 250;
const maxRetryMs = 5_000;
/** The service's close code for an expired token. */
const expired = 4403;
/** Its close code for a token that is not good. */
const refused = 4401;

/** The token that the viewer has entered has expired, and there is no other. */
export class NoToken extends Error {
  constructor() {
    super(words.tokenExpired);
  }
}

export class Connection {
  readonly client: Client;
  readonly #options: ConnectionOptions;
  #state: ConnectionState = { kind: 'connecting' };
  #resumes = 0;
  #wasLive = false;
  #attempts = 0;
  #lastCloseCode: number | undefined;
  #noToken: NoToken | null = null;
  #pongTimer: ReturnType<typeof setTimeout> | undefined;
  #socket: WebSocket | undefined;
  /** The token that the connection rests on. */
  #token: string | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.client = createClient({
      url: options.url,
      lazy: false,
      onNonLazyError: (problem) => this.#stop(problem),
      connectionParams: async () => {
        this.#token = await this.#nextToken();
        return { authorization: `Bearer ${this.#token}`, time: true };
      },
      connectionAckWaitTimeout: ackTimeoutMs,
      keepAlive: pingMs,
      retryAttempts: Infinity,
      retryWait,
      // When a connection is refused, browsers emit an error event first; without this the client would not try again.
      shouldRetry: (problem) => problem instanceof Event || isCloseEvent(problem),
      on: {
        connecting: (isRetry) => this.#connecting(isRetry),
        connected: (_socket, payload) => this.#connected(payload?.['time']),
        closed: (event) => this.#closed(event),
        opened: (socket) => (this.#socket = socket as WebSocket),
        ping: (received, payload) => {
          if (!received) this.#pongTimer = setTimeout(() => this.client.terminate(), pongTimeoutMs);
          else if (payload?.['tokenExpiresAt'] !== undefined) void this.#renew();
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

  /** How many times the streams were resumed after the connection had been lost. */
  get resumes(): number {
    return this.#resumes;
  }

  /** The service has closed the connection with a code after which reconnecting makes no sense, or there is no token any more. */
  #stop(problem: unknown): void {
    const isToken = this.#noToken !== null || (isCloseEvent(problem) && problem.code === refused);
    this.#become({ kind: 'stopped', reason: reasonOf(this.#noToken ?? problem), isToken });
  }

  /** The client makes a close event of what is thrown here. */
  async #nextToken(): Promise<string> {
    try {
      return await this.#options.token(this.#lastCloseCode === expired);
    } catch (error) {
      if (error instanceof NoToken) this.#noToken = error;
      throw error;
    }
  }

  #connecting(isRetry: boolean): void {
    if (!isRetry) return;
    this.#attempts += 1;
    this.#become({ kind: 'reconnecting', attempts: this.#attempts });
  }

  #connected(isoTime: unknown): void {
    this.#options.onTime(isoTime);
    if (this.#wasLive) this.#resumes += 1;
    this.#wasLive = true;
    this.#attempts = 0;
    this.#become({ kind: 'live' });
    this.#options.onLive();
  }

  /** The token ends soon: the connection goes on with another one. Where there is none it ends with the token, and comes back. */
  async #renew(): Promise<void> {
    const socket = this.#socket;
    const token = await this.#options.token(true).catch(noneIfEntered);
    if (
      token === null ||
      token === this.#token ||
      socket !== this.#socket ||
      socket?.readyState !== WebSocket.OPEN
    )
      return;
    this.#token = token;
    socket.send(JSON.stringify({ type: 'ping', payload: { token } }));
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
  if (isCloseEvent(problem))
    return words.codes[problem.code] ?? (problem.reason || words.closedWith(problem.code));
  return problem instanceof Error ? problem.message : String(problem);
}

/**
 * Waits before a reconnection: twice as long each time up to a bound, with a random part, so that not all boards reconnect at the
 * same moment. Ends early when the browser is online again.
 */
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
