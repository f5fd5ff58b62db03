/** The means of whoever attacks a server: whatever can be sent, and what came back in one word. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket, type ClientOptions } from 'ws';
import type { TokenClaims } from '../../../src/auth/issue-token.ts';
import type { TestClient } from '../test-client.ts';
import { BareSocket } from '../graphql-client.ts';
import { PacedClient, requestText } from '../paced-client.ts';
import type { Neighbours } from './neighbours.ts';
import { isEventStream, outcomeOf, readResponse, type Received } from './received.ts';

export interface Sent {
  /** Null for none; a dispatcher's unless given. */
  readonly token?: string | null | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a router would send to be called back, where nobody is. */
const nobodysCallback = {
  callbackUrl: 'http://127.0.0.1:1/callback',
  subscriptionId: 'nobody',
  verifier: 'nobody',
  heartbeatIntervalMs: 0,
};

export class Attacker {
  readonly url: string;
  readonly wsUrl: string;
  readonly client: TestClient;
  /** Aborted when the attack is over. */
  readonly signal: AbortSignal;
  readonly #neighbours: Neighbours | null;
  readonly #sockets = new Set<BareSocket>();
  readonly #connections = new Set<PacedClient>();
  #dispatcher: Promise<string> | undefined;

  constructor(
    server: { url: string; wsUrl: string; client: TestClient },
    signal: AbortSignal,
    neighbours: Neighbours | null = null,
  ) {
    this.url = server.url;
    this.wsUrl = server.wsUrl;
    this.client = server.client;
    this.signal = signal;
    this.#neighbours = neighbours;
  }

  /** The stand-ins of the attack's kind. */
  get neighbours(): Neighbours {
    if (!this.#neighbours) throw new Error('Nothing stands beside this server.');
    return this.#neighbours;
  }

  /** Unless claims say otherwise it is a viewer whom no input made by chance names: nobody ends their sessions by accident. */
  token(claims: Partial<TokenClaims> = {}): Promise<string> {
    return this.client.token({ sub: 'attacker', ...claims });
  }

  /** Posts a body to /graphql: text as it is, anything else as JSON. */
  async post(body: unknown, sent: Sent = {}): Promise<Received> {
    return readResponse(await this.#fetch(body, sent));
  }

  /** Asks by GET, with what stands behind the question mark. */
  async get(search: URLSearchParams, { token, headers = {} }: Sent = {}): Promise<Received> {
    const shown = token === undefined ? await (this.#dispatcher ??= this.token()) : token;
    const authorization = shown === null ? {} : { authorization: `Bearer ${shown}` };
    const url = `${this.url}/graphql?${search}`;
    return readResponse(await fetch(url, { headers: { ...authorization, ...headers }, signal: this.signal }));
  }

  /** A connection that reads nothing until it is told to. It ends with the attack. */
  async connection(): Promise<PacedClient> {
    const socket = connect(Number(new URL(this.url).port), '127.0.0.1');
    const connection = new PacedClient(socket);
    this.#connections.add(connection);
    await once(socket, 'connect');
    return connection;
  }

  /** Asks on a connection that does not read the answer. */
  async askUnread(body: unknown, token: string, headers: readonly string[] = []): Promise<PacedClient> {
    const connection = await this.connection();
    connection.send(requestText(token, body, headers));
    return connection;
  }

  /** A socket on which nothing was said. It ends with the attack. */
  async openSocket(options: ClientOptions = {}): Promise<BareSocket> {
    const socket = new BareSocket(this.wsUrl, 'graphql-transport-ws', options);
    this.#sockets.add(socket);
    return socket.open();
  }

  /** A socket that was acknowledged; of a dispatcher unless a token is given. */
  async socket(token?: string): Promise<BareSocket> {
    const socket = await this.openSocket();
    const shown = token ?? (await (this.#dispatcher ??= this.token()));
    socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${shown}` } });
    await socket.message('connection_ack');
    return socket;
  }

  /** The first answer to an operation on a socket, or `closed 4400` where the socket ended instead. */
  askOver(socket: BareSocket, id: string, payload: unknown): Promise<string> {
    socket.send({ id, type: 'subscribe', payload });
    return this.answerOf(socket, id);
  }

  /** The same where the operation was sent already. */
  async answerOf(socket: BareSocket, id: string): Promise<string> {
    const find = () =>
      socket.messages.find((message) => message['id'] === id && message['type'] !== 'complete');
    try {
      await socket.until(() => find() !== undefined);
    } catch {
      return this.closing(socket);
    }
    const message = find()!;
    return message['type'] === 'error'
      ? outcomeOf({ errors: message['payload'] as NonNullable<Received['json']['errors']> })
      : outcomeOf(message['payload'] as Received['json']);
  }

  /** How a socket is closed. */
  async closing(socket: BareSocket): Promise<string> {
    return `closed ${(await socket.closed()).code}`;
  }

  /** `pong` where a socket is still served, else how it was closed. */
  async isServed(socket: BareSocket): Promise<string> {
    const payload = { asked: socket.messages.length };
    const isPong = (message: Record<string, unknown>) =>
      message['type'] === 'pong' && JSON.stringify(message['payload']) === JSON.stringify(payload);
    if (socket.socket.readyState === WebSocket.OPEN) socket.send({ type: 'ping', payload });
    try {
      await socket.until(() => socket.messages.some(isPong));
      return 'pong';
    } catch {
      return this.closing(socket);
    }
  }

  /** `stream` where Server-Sent Events begin, which are not read, or what refused them. */
  async opensStream(payload: unknown, { token, headers = {} }: Sent = {}): Promise<string> {
    const response = await this.#fetch(payload, {
      token,
      headers: { ...headers, accept: 'text/event-stream' },
    });
    if (!isEventStream(response)) return (await readResponse(response)).outcome;
    await response.body!.cancel();
    return 'stream';
  }

  /** The first event of a stream by Server-Sent Events, `complete` where it has none, or what refused it. */
  async streamed(payload: unknown, { token, headers = {} }: Sent = {}): Promise<string> {
    const response = await this.#fetch(payload, {
      token,
      headers: { ...headers, accept: 'text/event-stream' },
    });
    if (!isEventStream(response)) return (await readResponse(response)).outcome;
    let text = '';
    // Breaking out of the loop ends the stream.
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      // A large event comes in many pieces, and is looked at once.
      if (!text.endsWith('\n\n')) continue;
      const event = /^event: (\w+)\ndata: ?(.*)\n\n/m.exec(text);
      if (event?.[1] === 'next') return outcomeOf(JSON.parse(event[2]!) as Received['json']);
      if (event) return event[1]!;
    }
    return 'an end without a word';
  }

  /** Sends an operation every way there is, and looks whether the socket among them is still served. */
  async everyWay(payload: Readonly<Record<string, unknown>>, token?: string): Promise<string[]> {
    const search = new URLSearchParams(
      Object.entries(payload).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    );
    const socket = await this.socket(token);
    return [
      (await this.post(payload, { token })).outcome,
      (await this.get(search, { token })).outcome,
      (await this.post({ ...payload, extensions: { subscription: nobodysCallback } }, { token })).outcome,
      await this.streamed(payload, { token }),
      await this.askOver(socket, 'operation', payload),
      await this.isServed(socket),
    ];
  }

  /** Ends a socket, which is then forgotten. */
  leave(socket: BareSocket): void {
    socket.socket.terminate();
    this.#sockets.delete(socket);
  }

  /** Ends what the attack has opened. */
  end(): void {
    for (const { socket } of this.#sockets) socket.terminate();
    for (const connection of this.#connections) connection.close();
  }

  async #fetch(body: unknown, { token, headers = {} }: Sent): Promise<Response> {
    const shown = token === undefined ? await (this.#dispatcher ??= this.token()) : token;
    return fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(shown !== null && { authorization: `Bearer ${shown}` }),
        ...headers,
      },
      body: typeof body === 'string' || Buffer.isBuffer(body) ? (body as BodyInit) : JSON.stringify(body),
      signal: this.signal,
    });
  }
}
