/** A stand-in for Apollo Router in the HTTP callback protocol: it subscribes, confirms checks, and receives messages. */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach } from '@jest/globals';
import { Facts } from './graphql-client.ts';

const undos: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0)) await undo();
});

/** A received message. */
export interface CallbackMessage {
  readonly action: string;
  readonly id: string;
  readonly verifier: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: IncomingMessage['headers'];
}

/** The HTTP status of an answer, with a location for a redirect; one that `isEndless` begins and stays open; `hang` never answers. */
export type CallbackAnswer =
  number | { readonly status: number; readonly location?: string; readonly isEndless?: boolean } | 'hang';

export interface CallbackAsk {
  readonly token?: string | undefined;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Used instead of a new one. */
  readonly id?: string;
  readonly heartbeatIntervalMs?: number;
  /** The router breaks off its request. */
  readonly signal?: AbortSignal;
  /** In place of what Apollo Router accepts. */
  readonly accept?: string;
  /** Beside those that it always sends. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Changes what the router would send. */
  readonly extension?: Readonly<Record<string, unknown>>;
}

export interface CallbackAsked {
  readonly id: string;
  readonly status: number;
  readonly headers: Headers;
  readonly json: {
    readonly data?: unknown;
    readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
  };
}

export class CallbackRouter {
  readonly messages: CallbackMessage[] = [];
  /** What the next messages are answered with, first to last; then as the router answers. */
  readonly answers: (CallbackAnswer | Promise<CallbackAnswer>)[] = [];
  /** Whether a message is never answered, whatever else may be said of it. */
  hangs: (message: CallbackMessage) => boolean = () => false;
  /** Whether it answers several messages on a connection; else it ends one just when the second comes. */
  keepsConnections = true;
  /** Whether it looks at the status of an answer alone, as some routers do. */
  ignoresBodies = false;
  readonly #ids = new Set<string>();
  readonly #used = new WeakSet<object>();
  /** The errors in the answers to subscriptions that were refused. */
  readonly #refusals = new Map<string, readonly unknown[]>();
  readonly #key = randomBytes(16);
  readonly #facts = new Facts();
  readonly #server = createServer((request, response) => void this.#receive(request, response));
  #port = 0;

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async listen(): Promise<this> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** Closes the server; `listen` starts it again at the same address. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  /** Subscribes at a service, as the router does. */
  async ask(url: string, asked: CallbackAsk): Promise<CallbackAsked> {
    const {
      token,
      query,
      variables = {},
      id = randomUUID(),
      heartbeatIntervalMs = 0,
      extension = {},
      headers: more = {},
      // The router appends the last media type to those of all its requests.
      accept = 'application/json, application/graphql-response+json, application/json;callbackSpec=1.0',
      signal,
    } = asked;
    this.#ids.add(id);
    const subscription = {
      callbackUrl: `${this.origin}/callback/${id}`,
      subscriptionId: id,
      verifier: this.verifierOf(id),
      heartbeatIntervalMs,
      ...extension,
    };
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...more,
      },
      body: JSON.stringify({ query, variables, extensions: { subscription } }),
      signal: signal ?? null,
    });
    const { status, headers } = response;
    const json = (await response.json()) as CallbackAsked['json'];
    // Its client is told, and that is the end.
    if (json.errors && !this.ignoresBodies) {
      this.forget(id);
      this.#refusals.set(id, json.errors);
      this.#facts.changed();
    }
    return { id, status, headers, json };
  }

  verifierOf(id: string): string {
    return createHmac('sha256', this.#key).update(id).digest('hex');
  }

  /** The router's client has left: messages for the subscription are answered with 404. */
  forget(id: string): void {
    this.#ids.delete(id);
  }

  of(id: string, action?: string): CallbackMessage[] {
    return this.messages.filter((message) => message.id === id && (!action || message.action === action));
  }

  /** The values of the only root field in all results of a subscription, in order of arrival. */
  shown<T>(id: string): T[] {
    return this.of(id, 'next').map(({ body }) => {
      const { data } = body['payload'] as { readonly data: Record<string, T> };
      return Object.values(data)[0]!;
    });
  }

  /** How a subscription has ended for its client: normally, or with errors. Null while it goes on. */
  endingOf(id: string): 'complete' | readonly unknown[] | null {
    const refusal = this.#refusals.get(id);
    const [complete] = this.of(id, 'complete');
    if (refusal) return refusal;
    if (!complete) return null;
    return (complete.body['errors'] as readonly unknown[] | undefined) ?? 'complete';
  }

  until(isThere: () => boolean): Promise<void> {
    return this.#facts.until(isThere);
  }

  /** The same, however long it takes. */
  eventually(isThere: () => boolean): Promise<void> {
    return this.#facts.eventually(isThere);
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await text(request)) as Record<string, string>;
    const { socket } = request;
    if (!this.keepsConnections && this.#used.has(socket)) return void socket.destroy();
    this.#used.add(socket);
    const { action = '', id = '', verifier = '' } = body;
    const message = { action, id, verifier, body, headers: request.headers };
    this.messages.push(message);
    this.#facts.changed();
    const answer = this.hangs(message)
      ? 'hang'
      : (this.answers.shift() ?? this.#statusOf(request, id, verifier, action));
    // At once where it can be: whoever saw the message may end this server next.
    const given = answer instanceof Promise ? await answer : answer;
    if (given === 'hang') return;
    const answered = typeof given === 'number' ? { status: given } : given;
    const { status, location = '', isEndless = false } = answered;
    response.writeHead(status, {
      'subscription-protocol': 'callback/1.0',
      'content-type': 'application/json',
      ...(location !== '' && { location }),
    });
    if (isEndless) response.write('{');
    else response.end(status === 204 ? undefined : '{}');
  }

  #statusOf({ url }: IncomingMessage, id: string, verifier: string, action: string): number {
    if (verifier !== this.verifierOf(id)) return 401;
    if (url !== `/callback/${id}`) return 400;
    if (!this.#ids.has(id)) return 404;
    if (action === 'complete') this.#ids.delete(id);
    return action === 'check' ? 204 : action === 'complete' ? 202 : 200;
  }
}

/** Starts a router; it is closed after the test. */
export async function tCallbackRouter(): Promise<CallbackRouter> {
  const router = await new CallbackRouter().listen();
  undos.push(() => router.close());
  return router;
}
