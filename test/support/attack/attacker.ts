/** The means of whoever attacks a server: whatever can be sent, and what came back in one word. */
import { WebSocket, type ClientOptions } from 'ws';
import type { TokenClaims } from '../../../src/auth/issue-token.ts';
import type { TestClient } from '../test-client.ts';
import { BareSocket } from '../graphql-client.ts';

export interface Sent {
  /** Null for none; a dispatcher's unless given. */
  readonly token?: string | null | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Received {
  /** `data` where there are no errors, the code of the first error, or `HTTP 404` where it is no GraphQL. */
  readonly outcome: string;
  readonly status: number;
  readonly bytes: number;
  readonly json: {
    readonly data?: Readonly<Record<string, unknown>> | null;
    readonly errors?: readonly {
      readonly message: string;
      readonly extensions?: { readonly code?: string };
    }[];
  };
}

/** What a router would send to be called back, where nobody is. */
const nobodysCallback = {
  callbackUrl: 'http://127.0.0.1:1/callback',
  subscriptionId: 'nobody',
  verifier: 'nobody',
  heartbeatIntervalMs: 0,
};

/** The only word for what an execution result says. */
function outcomeOf(result: Received['json']): string {
  if (!result.errors) return 'data';
  // Word by word they would tell the schema, which production keeps to itself.
  if (result.errors.some(({ message }) => message.includes('Did you mean'))) return 'a suggestion';
  return result.errors[0]?.extensions?.code ?? 'an error without a code';
}

export class Attacker {
  readonly url: string;
  readonly wsUrl: string;
  readonly client: TestClient;
  /** Aborted when the attack is over. */
  readonly signal: AbortSignal;
  readonly #sockets = new Set<BareSocket>();
  #dispatcher: Promise<string> | undefined;

  constructor(server: { url: string; wsUrl: string; client: TestClient }, signal: AbortSignal) {
    this.url = server.url;
    this.wsUrl = server.wsUrl;
    this.client = server.client;
    this.signal = signal;
  }

  token(claims: Partial<TokenClaims> = {}): Promise<string> {
    return this.client.token(claims);
  }

  /** Posts a body to /graphql: text as it is, anything else as JSON. */
  async post(body: unknown, sent: Sent = {}): Promise<Received> {
    return read(await this.#fetch(body, sent));
  }

  /** Asks by GET, with what stands behind the question mark. */
  async get(search: URLSearchParams, { token, headers = {} }: Sent = {}): Promise<Received> {
    const shown = token === undefined ? await (this.#dispatcher ??= this.token()) : token;
    const authorization = shown === null ? {} : { authorization: `Bearer ${shown}` };
    const url = `${this.url}/graphql?${search}`;
    return read(await fetch(url, { headers: { ...authorization, ...headers }, signal: this.signal }));
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
    if (!isEventStream(response)) return (await read(response)).outcome;
    await response.body!.cancel();
    return 'stream';
  }

  /** The first event of a stream by Server-Sent Events, `complete` where it has none, or what refused it. */
  async streamed(payload: unknown, { token, headers = {} }: Sent = {}): Promise<string> {
    const response = await this.#fetch(payload, {
      token,
      headers: { ...headers, accept: 'text/event-stream' },
    });
    if (!isEventStream(response)) return (await read(response)).outcome;
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
  async everyWay(payload: Readonly<Record<string, unknown>>): Promise<string[]> {
    const search = new URLSearchParams(
      Object.entries(payload).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    );
    const socket = await this.socket();
    return [
      (await this.post(payload)).outcome,
      (await this.get(search)).outcome,
      (await this.post({ ...payload, extensions: { subscription: nobodysCallback } })).outcome,
      await this.streamed(payload),
      await this.askOver(socket, 'operation', payload),
      await this.isServed(socket),
    ];
  }

  /** Ends what the attack has opened. */
  end(): void {
    for (const { socket } of this.#sockets) socket.terminate();
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

function isEventStream({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') === true;
}

async function read(response: Response): Promise<Received> {
  const text = await response.text();
  const { status } = response;
  const isGraphQL = /^application\/(graphql-response\+)?json/.test(
    response.headers.get('content-type') ?? '',
  );
  const json = (isGraphQL && text !== '' ? JSON.parse(text) : {}) as Received['json'];
  const outcome = json.data === undefined && !json.errors ? `HTTP ${status}` : outcomeOf(json);
  return { outcome, status, bytes: Buffer.byteLength(text), json };
}
