/**
 * A stand-in for Apollo Router from 2.18 on, which takes up a subscription over WebSocket passthrough again that has broken: its
 * own subscriptions want a licence.
 */
import { randomUUID } from 'node:crypto';
import { afterEach } from '@jest/globals';
import { WebSocket } from 'ws';
import { Facts } from '../graphql-client.ts';

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

export interface ReconnectingRouterOptions {
  /** The address of the subgraph. */
  readonly url: string;
  /** The token of its client's request. */
  readonly token: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** A UUID, unless equal subscriptions share one upstream: then a hash of the request, of 64 hexadecimal digits. */
  readonly id?: string;
  /** `max_reconnect_attempts`; by default what `router.yaml` recommends. */
  readonly maxAttempts?: number;
  /** `reconnect_delay`, from half a second to a minute. */
  readonly delayMs?: number;
}

/** How long the router waits for the acknowledgement, milliseconds. */
const ackTimeoutMs = 5_000;
const heartbeatMs = 10_000;
/** A connection that lived for so many times the delay gives all attempts back. */
const delaysToProve = 5;
/** Close codes that are the end of a subscription for the router's client. */
const normalCodes = [1000, 1005];

interface Message {
  readonly type: string;
  readonly payload?: unknown;
}

type Value = Readonly<Record<string, unknown>>;

/** One subscription of one client of the router. */
export class ReconnectingRouter {
  /** The values of the only root field that its client was shown. */
  readonly shown: Value[] = [];
  /** How it ended for its client: normally, or with the codes of errors. Null while it goes on. */
  ending: 'complete' | readonly string[] | null = null;
  /** How often it has come back. */
  reconnects = 0;
  readonly #options: Required<ReconnectingRouterOptions>;
  readonly #facts = new Facts();
  #attemptsLeft: number;
  #socket: WebSocket | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReconnectingRouterOptions) {
    this.#options = { id: randomUUID(), maxAttempts: 5, delayMs: 1_000, ...options };
    this.#attemptsLeft = this.#options.maxAttempts;
    this.#connect();
  }

  /** Resolves when `isThere` returns true, whatever its client was told. */
  until(isThere: () => boolean): Promise<void> {
    return this.#facts.until(isThere, () => ({ shown: this.shown, ending: this.ending }));
  }

  /** The same, however long it takes. */
  eventually(isThere: () => boolean): Promise<void> {
    return this.#facts.eventually(isThere);
  }

  /** Its client has left. */
  leave(): void {
    this.#send({ type: 'complete', id: this.#options.id });
    this.#socket?.close(1000);
    this.#end('complete');
  }

  /** It goes without a word. */
  stop(): void {
    this.#end('complete');
    this.#socket?.terminate();
  }

  #connect(): void {
    const { url, token } = this.#options;
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
    this.#socket = socket;
    const since = performance.now();
    const ackTimer = setTimeout(() => socket.terminate(), ackTimeoutMs);
    const heartbeat = setInterval(() => this.#send({ type: 'ping' }), heartbeatMs);
    socket.on('open', () =>
      this.#send({ type: 'connection_init', payload: { connectionParams: { token: `Bearer ${token}` } } }),
    );
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message;
      if (message.type === 'connection_ack') clearTimeout(ackTimer);
      this.#take(message);
    });
    // What was refused or could not be reached is closed as well, with 1006.
    socket.on('error', () => {});
    socket.on('close', (code) => {
      clearTimeout(ackTimer);
      clearInterval(heartbeat);
      this.#closed(code, performance.now() - since);
    });
  }

  #take({ type, payload }: Message): void {
    const { id, query, variables } = this.#options;
    if (type === 'connection_ack') this.#send({ type: 'subscribe', id, payload: { query, variables } });
    // Without the payload of the ping.
    if (type === 'ping') this.#send({ type: 'pong' });
    if (type === 'complete') this.#end('complete');
    if (type === 'error') this.#end(codesOf(payload));
    if (type === 'next') {
      const { data, errors } = payload as { data?: Record<string, Value | null>; errors?: unknown };
      if (errors) this.#end(codesOf(errors));
      this.shown.push(...Object.values(data ?? {}).filter((value) => value !== null));
      this.#facts.changed();
    }
  }

  #closed(code: number, livedMs: number): void {
    const { delayMs, maxAttempts } = this.#options;
    if (this.ending !== null) return;
    if (normalCodes.includes(code)) return this.#end('complete');
    if (livedMs >= delaysToProve * delayMs) this.#attemptsLeft = maxAttempts;
    if (this.#attemptsLeft === 0) return this.#end(['WEBSOCKET_CLOSE_ERROR']);
    this.#attemptsLeft -= 1;
    this.reconnects += 1;
    this.#timer = setTimeout(() => this.#connect(), delayMs);
    this.#facts.changed();
  }

  #end(ending: 'complete' | readonly string[]): void {
    clearTimeout(this.#timer);
    this.ending ??= ending;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.close(1000);
    this.#facts.changed();
  }

  #send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}

const codesOf = (errors: unknown): string[] =>
  (errors as readonly { readonly extensions?: { readonly code?: string } }[]).map(
    ({ extensions }) => extensions?.code ?? 'an error without a code',
  );

/** It is stopped after the test. */
export function tReconnectingRouter(options: ReconnectingRouterOptions): ReconnectingRouter {
  const router = new ReconnectingRouter(options);
  undos.push(() => router.stop());
  return router;
}
