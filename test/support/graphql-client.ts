/** Subscribers for tests: the stock graphql-ws client, and a bare socket that may break the protocol. */
import { afterEach } from '@jest/globals';
import { createClient, type Client, type ClientOptions } from 'graphql-ws';
import { WebSocket, type ClientOptions as SocketOptions } from 'ws';

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

/** Ends a client. One that is just connecting has no connection to close, and graphql-ws rejects then. */
export const disposeOf = (client: Client): Promise<void> =>
  Promise.resolve(client.dispose()).catch(() => undefined);

/** A stock client; it is disposed of after the test. */
export function tClient(
  url: ClientOptions['url'],
  token: string,
  options: Partial<ClientOptions> = {},
): Client {
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
    ...options,
  });
  undos.push(() => void disposeOf(client));
  return client;
}

interface Waiter {
  readonly isThere: () => boolean;
  readonly resolve: () => void;
}

/** Shorter than a test may take, so that a wait that fails can say what it waited for. */
const timeoutMs = 55_000;

/** Lets tests wait until a condition is true of something that reports its changes. */
export class Facts {
  #waiters: Waiter[] = [];

  /** Resolves when `isThere` returns true, whenever that is. */
  async eventually(isThere: () => boolean): Promise<void> {
    if (isThere()) return;
    await new Promise<void>((resolve) => this.#waiters.push({ isThere, resolve }));
  }

  /** Resolves when `isThere` returns true; rejects with what `seen` tells when it does not in time. */
  async until(isThere: () => boolean, seen: () => unknown = () => ''): Promise<void> {
    if (isThere()) return;
    const late = new Error(`Not within ${timeoutMs} ms: ${isThere.toString()}`);
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        isThere,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#waiters.push(waiter);
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        late.message += `\nSeen: ${JSON.stringify(seen())}`;
        reject(late);
      }, timeoutMs).unref();
    });
  }

  changed(): void {
    this.#waiters = this.#waiters.filter(({ isThere, resolve }) => {
      if (!isThere()) return true;
      resolve();
      return false;
    });
  }
}

/** What one subscription of a client received. */
export interface Shown<T> {
  readonly events: T[];
  /** The errors that ended it, or the error with which the client gave up. */
  readonly failures: unknown[];
  readonly isComplete: () => boolean;
  until(isThere: (events: T[]) => boolean): Promise<void>;
  ended(): Promise<void>;
  /** Resolves when it has ended, or an event was not shown: its client was told an error in its place. */
  broken(): Promise<void>;
  unsubscribe(): void;
}

/** The interface that the stock clients of all protocols have in common. */
export type Subscribing = Pick<Client, 'subscribe'>;

/**
 * Subscribes, and collects the values of the only root field.
 *
 * When the stock client reconnects, it sends the same payload object again. The newest cursor is written into its variables, so
 * it resumes where it stopped.
 */
export function subscribe<T>(
  client: Subscribing,
  query: string,
  variables: Record<string, unknown> = {},
  onEvent?: (event: T) => void,
): Shown<T> {
  const events: T[] = [];
  const failures: unknown[] = [];
  const facts = new Facts();
  let complete = false;
  let isMissing = false;
  const unsubscribe = client.subscribe<Record<string, T>>(
    { query, variables },
    {
      next({ data, errors }) {
        if (errors) failures.push(...errors);
        isMissing ||= !data;
        if (data) {
          const event = Object.values(data)[0]!;
          // A field that was refused is null, and so is one that finds nothing.
          const { cursor } = (event ?? {}) as { cursor?: string };
          if (cursor !== undefined) variables['after'] = cursor;
          events.push(event);
          onEvent?.(event);
        }
        facts.changed();
      },
      error(error) {
        failures.push(...(Array.isArray(error) ? (error as unknown[]) : [error]));
        complete = true;
        facts.changed();
      },
      complete() {
        complete = true;
        facts.changed();
      },
    },
  );
  return {
    events,
    failures,
    isComplete: () => complete,
    until: (isThere) =>
      facts
        .until(
          () => isThere(events) || complete,
          () => ({ condition: isThere.toString(), events, failures }),
        )
        .then(() => {
          if (!isThere(events)) throw new Error(`The stream ended first: ${JSON.stringify(failures)}`);
        }),
    ended: () => facts.eventually(() => complete),
    broken: () => facts.eventually(() => complete || isMissing),
    unsubscribe,
  };
}

/** A WebSocket that lets tests wait for each message and for its end. */
export class BareSocket {
  readonly socket: WebSocket;
  readonly messages: Record<string, unknown>[] = [];
  readonly #facts = new Facts();
  /** How many messages had come when it answered a ping last. */
  #answeredAfter = 0;
  #closed: { code: number; reason: string } | undefined;
  #refused: number | undefined;

  constructor(
    url: string,
    protocols: string | string[],
    options: SocketOptions,
    onPing?: (payload: unknown, socket: BareSocket) => void,
  ) {
    this.socket = new WebSocket(url, protocols, options);
    this.socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Record<string, unknown>;
      if (message['type'] !== 'ping') this.messages.push(message);
      else if (onPing) onPing(message['payload'], this);
      else this.#answer(message['payload']);
      this.#facts.changed();
    });
    this.socket.on('close', (code, reason) => {
      this.#closed = { code, reason: reason.toString() };
      this.#facts.changed();
    });
    this.socket.on('unexpected-response', (_request, response) => {
      this.#refused = response.statusCode;
      response.resume();
      this.#facts.changed();
    });
    this.socket.on('error', () => this.#facts.changed());
    this.socket.on('open', () => this.#facts.changed());
  }

  send(message: unknown): void {
    if (this.#refused !== undefined) throw new Error(`The handshake was refused with ${this.#refused}.`);
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Resolves when it has acknowledged everything that has come so far: whoever reads its bytes reads that before its end. */
  async acknowledged(): Promise<void> {
    const count = this.messages.length;
    await this.#facts.until(() => this.#answeredAfter >= count);
  }

  #answer(payload: unknown): void {
    this.send({ type: 'pong', payload });
    this.#answeredAfter = this.messages.length;
  }

  async open(): Promise<this> {
    await this.#facts.until(
      () => this.socket.readyState !== WebSocket.CONNECTING || this.#refused !== undefined,
    );
    return this;
  }

  /** The HTTP status with which the upgrade was refused. */
  async refusal(): Promise<number> {
    await this.#facts.until(() => this.#refused !== undefined);
    return this.#refused!;
  }

  /** Resolves with the first message of the type, of the operation if an id is given. */
  async message(type: string, id?: string): Promise<Record<string, unknown>> {
    const find = () =>
      this.messages.find((message) => message['type'] === type && (!id || message['id'] === id));
    await this.#facts.until(() => find() !== undefined || this.#closed !== undefined);
    const found = find();
    if (!found) throw new Error(`The socket closed first: ${JSON.stringify(this.#closed)}`);
    return found;
  }

  async closed(): Promise<{ code: number; reason: string }> {
    await this.#facts.until(() => this.#closed !== undefined);
    return this.#closed!;
  }

  /** Resolves when `isThere` returns true for the messages. */
  async until(isThere: () => boolean): Promise<void> {
    await this.#facts.until(() => isThere() || this.#closed !== undefined);
    if (!isThere()) throw new Error(`The socket closed first: ${JSON.stringify(this.#closed)}`);
  }
}

export interface BareSocketOptions extends SocketOptions {
  protocols?: string | string[];
  /** Called with the payload of each ping message, in place of an answer. */
  onPing?: (payload: unknown, socket: BareSocket) => void;
}

/** A bare socket, which answers pings; it is terminated after the test. */
export async function tSocket(
  url: string,
  { protocols = 'graphql-transport-ws', onPing, ...options }: BareSocketOptions = {},
): Promise<BareSocket> {
  const socket = new BareSocket(url, protocols, options, onPing);
  undos.push(() => socket.socket.terminate());
  return socket.open();
}

/** The same with an acknowledged `connection_init`. */
export async function tAcknowledgedSocket(
  url: string,
  token: string,
  options: BareSocketOptions = {},
): Promise<BareSocket> {
  const socket = await tSocket(url, options);
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
  await socket.message('connection_ack');
  return socket;
}
