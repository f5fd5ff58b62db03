/** The usual way: one WebSocket for all streams, by the stock graphql-ws client, which is watched over and never gives up. */
import { createClient, type Client } from 'graphql-ws/client';
import { Pauses } from '../core/pauses.ts';
import type { GraphQLProblem } from '../core/problems.ts';
import { Renewal } from './renewal.ts';
import { Watch } from './watch.ts';
import { expired, isOfToken, noToken, unauthorized } from './way.ts';
import type { Payload, Result, Sink, Way, WayOptions } from './way.ts';

interface Socket {
  send(text: string): void;
  readonly readyState: number;
  onmessage: unknown;
}

interface CloseEventLike {
  readonly code: number;
  readonly reason: string;
  readonly target?: unknown;
}

const isCloseEvent = (problem: unknown): problem is CloseEventLike =>
  typeof problem === 'object' && problem !== null && 'code' in problem && 'reason' in problem;

export class WebSocketWay implements Way {
  readonly name = 'websocket';
  readonly #options: WayOptions;
  readonly #client: Client;
  readonly #pauses = new Pauses();
  readonly #watch: Watch;
  readonly #renewal: Renewal;
  #socket: Socket | null = null;
  /** The one before, which may still be closing. */
  #left: Socket | null = null;
  #isDisposed = false;
  /** Whether the service has said that its streams stand still. */
  #isStanding = false;
  /** What the service said when the token expired; empty once it has taken one. */
  #expiry = '';
  #connectTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: WayOptions) {
    this.#options = options;
    const { timing, tokens, events } = options;
    this.#watch = new Watch(timing, {
      ask: () => this.#send({ type: 'ping' }),
      onLate: () => events.onLate(),
      onSilent: () => this.#terminate(),
    });
    this.#renewal = new Renewal(tokens, (message) => this.#send(message));
    this.#client = this.#createClient();
  }

  #createClient(): Client {
    const { url, timing, events, webSocketImpl } = this.#options;
    return createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl,
      lazyCloseTimeout: timing.lingerMs,
      connectionParams: () => this.#params(),
      retryAttempts: Infinity,
      retryWait: () => this.#pauses.wait(),
      shouldRetry: () => true,
      on: {
        connecting: () => {
          this.#left = this.#socket ?? this.#left;
          this.#socket = null;
          events.onConnecting();
          // One that does not even open: the stock client would wait for ever.
          this.#connectTimer = setTimeout(() => this.#terminate(), timing.connectMs);
        },
        opened: (socket) => void (this.#socket = socket as Socket),
        connected: (_socket, payload) => this.#connected(payload ?? {}),
        message: () => {
          this.#watch.sign();
          if (!this.#isStanding) events.onSign();
        },
        ping: (isReceived, payload) => {
          if (!isReceived) return;
          if (payload?.['tokenExpiresAt']) this.#renewal.warned();
          // Whatever else comes then is no sign that what is shown is what there is.
          this.#isStanding = !!payload?.['streamsStandSince'];
          if (this.#isStanding) events.onLate();
          else events.onSign();
        },
        pong: (isReceived, payload) => {
          if (isReceived) this.#renewal.answered(payload ?? {});
        },
        closed: (event) => this.#closed(event),
      },
    });
  }

  subscribe(payload: Payload, sink: Sink): () => void {
    let isOver = false;
    const unsubscribe = this.#client.subscribe(payload, {
      next: (result) => {
        if (!isOver) sink.next(result as Result);
      },
      error: (problem) => {
        if (isOver) return;
        if (Array.isArray(problem)) sink.refused(problem as GraphQLProblem[]);
        else sink.cutOff();
      },
      complete: () => {
        if (!isOver) sink.complete();
      },
    });
    return () => {
      isOver = true;
      // An end that stands in the same chunk of bytes as what made us leave would be counted twice by the stock client.
      queueMicrotask(unsubscribe);
    };
  }

  reconnect(): void {
    this.#terminate();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#end();
    void Promise.resolve(this.#client.dispose()).catch(() => undefined);
    this.#client.terminate();
    this.#pauses.hurry();
  }

  /** What is thrown here ends the connection, and the attempts: an expired token is not shown again and again. */
  async #params(): Promise<Record<string, unknown>> {
    const { tokens } = this.#options;
    const header = await tokens.header();
    if (this.#expiry && tokens.isRefused) throw new Error(this.#expiry);
    return { ...header, time: true };
  }

  #connected(payload: Readonly<Record<string, unknown>>): void {
    clearTimeout(this.#connectTimer);
    this.#expiry = '';
    this.#pauses.began();
    this.#watch.start();
    this.#renewal.begin(payload);
    // Routers acknowledge without a word, or hand on nothing of ours.
    this.#options.events.onLive((payload['time'] as string | undefined) ?? null);
  }

  #closed(event: unknown): void {
    if (this.#isDisposed) return;
    const { code, reason, target }: CloseEventLike = isCloseEvent(event) ? event : { code: 1006, reason: '' };
    if (target && target === this.#left) return;
    this.#end();
    const { tokens, events } = this.#options;
    if (isOfToken(code)) tokens.refuse();
    if (code === expired) this.#expiry = reason;
    if (!isFatal(code)) return events.onLost();
    events.onRefused(reason || `closed with ${code}`, this.#expiry ? expired : code);
  }

  #end(): void {
    clearTimeout(this.#connectTimer);
    this.#isStanding = false;
    this.#watch.stop();
    this.#renewal.stop();
    this.#left = this.#socket;
    this.#socket = null;
  }

  #send(message: object): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message));
  }

  /** Leaves the connection behind, and makes another one. What still comes over the old one is not for the streams that go on elsewhere. */
  #terminate(): void {
    if (this.#socket) this.#socket.onmessage = null;
    this.#client.terminate();
  }
}

/** After these the stock client gives up, and after all below 2000 but those that pass. */
const fatalCodes = [4004, noToken, 4400, unauthorized, 4406, 4409, 4429, 4500];
const passingCodes = [1000, 1001, 1005, 1006, 1012, 1013, 1014];

const isFatal = (code: number) => (code < 2000 ? !passingCodes.includes(code) : fatalCodes.includes(code));
