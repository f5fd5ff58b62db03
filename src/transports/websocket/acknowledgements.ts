/** What the client of a socket has received: it is asked by the pings of the protocol, of which one is under way at a time. */
import { MessageType, parseMessage } from 'graphql-ws';
import type { Answerer, Receiver } from '../../realtime/receipts/receipt.ts';

/** What is told of what the client has received. */
export interface Acknowledged {
  /** The client is asked now. */
  ask(): void;
  /** It has everything that was written before it was asked. `by`: null where it may not have: all that is known is that it is there. */
  acknowledge(by: Answerer | null): void;
  /** Whether there is nothing left that it is to be told of. */
  readonly isDone?: boolean;
}

/** What a ping tells a client beside its number. */
export interface PingPayload {
  /** When the token of the connection ends, ISO 8601: soon. */
  readonly tokenExpiresAt?: string;
  /** Since when its streams may stand still, since what they need is away; ISO 8601. */
  readonly streamsStandSince?: string;
}

/** The connection of the client. */
interface Sending {
  /** Sends a message behind all others. */
  send(text: string): void;
}

/**
 * Everything that was written before a ping has arrived when its pong comes. The protocol does not say that a pong has the
 * payload of its ping: routers send none, and Apollo Kotlin whatever its app says. Such a pong counts too, unless the client has shown
 * that it echoes payloads, or sends pongs that nobody has asked for: the protocol allows that, and none can be told from an answer.
 */
export class Acknowledgements {
  readonly #connection: Sending;
  readonly #told = new Set<Acknowledged>();
  #asked = 0;
  #isAwaited = false;
  /** Whether an echo of the last ping still says something: a pong that may be one which nobody has asked for can come before it. */
  #isOpen = false;
  #echoes = false;
  #comesUnasked = false;
  #isGateway: boolean;
  /** Whether nobody is asked any more, and nobody answers. */
  #isOver = false;
  #whenAnswered: PromiseWithResolvers<void> | undefined;

  /** `isGateway`: whether a gateway is known to be there, and no client. */
  constructor(connection: Sending, isGateway: boolean) {
    this.#connection = connection;
    this.#isGateway = isGateway;
  }

  /** It has proved to be a gateway. */
  becomeGateway(): void {
    this.#isGateway = true;
  }

  /** From now on it is told of what the client has received. */
  add(told: Acknowledged): void {
    this.#told.add(told);
  }

  delete(told: Acknowledged): void {
    this.#told.delete(told);
  }

  /** Whether anybody wants to know. */
  get isWanted(): boolean {
    return this.#told.size > 0;
  }

  /** Whether a ping is not answered yet. */
  get isAwaited(): boolean {
    return this.#isAwaited;
  }

  /** Asks, unless an answer is awaited already. `about` goes with the question. */
  ask(about: PingPayload = {}): void {
    if (this.#isAwaited || this.#isOver) return;
    this.askOnly();
    this.#isAwaited = this.#isOpen = true;
    this.#asked += 1;
    this.#connection.send(
      JSON.stringify({ type: MessageType.Ping, payload: { number: this.#asked, ...about } }),
    );
  }

  /** The client is asked by something else, whose answer says the same. A pong that is on its way says less: it does not count any more. */
  askOnly(): void {
    this.#isAwaited = this.#isOpen = false;
    for (const told of this.#told) told.ask();
  }

  /** It has answered. */
  confirm(by: Answerer | null): void {
    for (const told of this.#told) {
      told.acknowledge(by);
      if (told.isDone) this.#told.delete(told);
    }
  }

  /** Whether a pong has shown that it is a client itself, or a gateway that does as clients do: routers send no payload back. */
  get areEchoed(): boolean {
    return this.#echoes;
  }

  /** Resolves when all that was written before it is called has been read, or the connection has ended. */
  async untilRead(): Promise<void> {
    // The one that is under way was asked before.
    await this.answered();
    this.ask();
    await this.answered();
  }

  /**
   * The connection is closing: what comes for it from now on is not sent, so nobody is asked whether they have it. `asks`: whether its
   * client is asked by that what it has of all before.
   */
  stop(asks = false): void {
    if (asks) this.askOnly();
    this.#isOver = true;
    this.#whenAnswered?.resolve();
  }

  /** The connection has ended. `isConfirmed`: it was closed in order, and who closes so has everything. */
  end(isConfirmed: boolean): void {
    // Libraries and proxies give that answer by themselves.
    if (isConfirmed) this.confirm('socket');
    this.stop();
  }

  /** Resolves when the ping was answered that is under way, or the connection has ended. */
  async answered(): Promise<void> {
    if (!this.#isAwaited || this.#isOver) return;
    this.#whenAnswered ??= Promise.withResolvers();
    await this.#whenAnswered.promise;
  }

  /** A pong has come. Returns whether it says that what was asked for has arrived: others prove no more than that somebody is there. */
  take(payload: Readonly<Record<string, unknown>> | undefined): boolean {
    const number = payload?.['number'];
    if (typeof number === 'number') return this.#takeEcho(number);
    if (!this.#isAwaited) this.#comesUnasked = true;
    if (!this.#isAwaited || this.#echoes) return false;
    this.#answer(this.#comesUnasked ? null : 'gateway');
    return !this.#comesUnasked;
  }

  #takeEcho(number: number): boolean {
    if (number !== this.#asked || !this.#isOpen) return false;
    this.#echoes = true;
    this.#isOpen = false;
    this.#answer(this.#isGateway ? 'gateway' : 'client');
    return true;
  }

  /** `by`: what sends no payload back is a gateway, as far as anybody knows. */
  #answer(by: Receiver | null): void {
    this.#isAwaited = false;
    this.confirm(by);
    this.#whenAnswered?.resolve();
    this.#whenAnswered = undefined;
  }
}

/** The pong in a message; undefined for a message that is something else. */
export function readPong(text: string): { readonly payload?: Record<string, unknown> } | undefined {
  if (!text.includes('"pong"')) return undefined;
  try {
    const message = parseMessage(text);
    return message.type === MessageType.Pong ? message : undefined;
  } catch {
    // graphql-ws finds the same error, and closes the socket.
    return undefined;
  }
}
