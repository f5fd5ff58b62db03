/** What the client of a socket has received: it is asked by the pings of the protocol, of which one is under way at a time. */
import { MessageType, parseMessage } from 'graphql-ws';
import type { Receiver } from '../../realtime/receipts/receipt.ts';

/** What is told of what the client has received. */
export interface Acknowledged {
  /** The client is asked now. */
  ask(): void;
  /** It has everything that was written before it was asked. `by`: who says so; null where that is no proof. */
  acknowledge(by: Receiver | null): void;
  /** Whether there is nothing left that it is to be told of. */
  readonly isDone?: boolean;
}

/** What a ping tells a client beside its number. */
export interface PingPayload {
  /** When the token of the connection ends, ISO 8601: soon. */
  readonly tokenExpiresAt?: string;
}

/** The connection of the client. */
interface Sending {
  /** Sends a message behind all others. */
  send(text: string): void;
}

/** Longer than any pong that answers one of our pings. */
const maxPongLength = 512;

/**
 * Everything that was written before a ping has arrived when its pong comes. The protocol does not say that a pong has the
 * payload of its ping, and routers send none: such a pong counts too, unless the client has shown that it echoes them.
 */
export class Acknowledgements {
  readonly #connection: Sending;
  readonly #told = new Set<Acknowledged>();
  #asked = 0;
  #isAwaited = false;
  #echoes = false;
  /** Whether pongs come that nobody has asked for, which are no answer and cannot be told from one. */
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
    this.#isAwaited = true;
    this.#asked += 1;
    this.#connection.send(
      JSON.stringify({ type: MessageType.Ping, payload: { number: this.#asked, ...about } }),
    );
  }

  /** The client is asked by something else, whose answer says the same. A pong that is on its way says less: it does not count any more. */
  askOnly(): void {
    this.#isAwaited = false;
    for (const told of this.#told) told.ask();
  }

  /** It has answered. */
  confirm(by: Receiver | null): void {
    for (const told of this.#told) {
      told.acknowledge(by);
      if (told.isDone) this.#told.delete(told);
    }
  }

  /** What sends no payload back is a gateway, as far as anybody knows: routers do so. */
  get #answerer(): Receiver | null {
    if (this.#echoes) return this.#isGateway ? 'gateway' : 'client';
    return this.#comesUnasked ? null : 'gateway';
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
    if (isConfirmed) this.confirm(null);
    this.stop();
  }

  /** Resolves when the ping was answered that is under way, or the connection has ended. */
  async answered(): Promise<void> {
    if (!this.#isAwaited || this.#isOver) return;
    this.#whenAnswered ??= Promise.withResolvers();
    await this.#whenAnswered.promise;
  }

  /** A pong has come. Returns whether it is the one that was awaited: others prove no more than that somebody is there. */
  take(payload: Readonly<Record<string, unknown>> | undefined): boolean {
    if (!this.#isAwaited) {
      this.#comesUnasked ||= payload === undefined;
      return false;
    }
    if (payload) {
      if (payload['number'] !== this.#asked) return false;
      this.#echoes = true;
    } else if (this.#echoes) {
      return false;
    }
    this.#isAwaited = false;
    this.confirm(this.#answerer);
    this.#whenAnswered?.resolve();
    this.#whenAnswered = undefined;
    return true;
  }
}

/** The pong in a message; undefined for a message that is something else. */
export function readPong(text: string): { readonly payload?: Record<string, unknown> } | undefined {
  if (text.length > maxPongLength || !text.includes('"pong"')) return undefined;
  try {
    const message = parseMessage(text);
    return message.type === MessageType.Pong ? message : undefined;
  } catch {
    // graphql-ws finds the same error, and closes the socket.
    return undefined;
  }
}
