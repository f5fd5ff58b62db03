/** The way where WebSockets do not pass: an event stream, or parts, for each operation, by the stock graphql-sse client. */
import { createClient, type Client } from 'graphql-sse';
import { Pauses } from '../core/pauses.ts';
import { acceptParts, boundaryOf, partsAsEvents } from './parts.ts';
import { answerAsStream, eventStream } from './refused-answer.ts';
import { watchedBody } from './watched-body.ts';
import type { Payload, Result, Sink, Way, WayOptions } from './way.ts';

const notAcceptable = 406;

export class EventStreamWay implements Way {
  readonly name = 'event-stream';
  readonly #options: WayOptions;
  readonly #client: Client;
  readonly #pauses = new Pauses();
  /** What breaks the connections that there are. */
  readonly #connections = new Set<AbortController>();
  /** Whether the other end has no event streams, as Apollo Router has none, but parts. */
  #takesParts = false;
  /** Operations whose connection is being made. */
  readonly #waiting = new Set<object>();

  constructor(options: WayOptions) {
    this.#options = options;
    const { url, tokens } = options;
    this.#client = createClient({
      url: url.replace(/^ws/, 'http'),
      headers: () => tokens.header(),
      retryAttempts: Infinity,
      retry: () => this.#pauses.wait(),
      fetchFn: (address: string, init: RequestInit) => this.#fetch(address, init),
    });
  }

  subscribe({ query, operationName, variables }: Payload, sink: Sink): () => void {
    const { events } = this.#options;
    const operation = {};
    let isOver = false;
    const end = this.#client.subscribe(
      { query, variables, ...(operationName !== undefined && { operationName }) },
      {
        next: (result) => {
          if (isOver) return;
          const { data, errors } = result as Result;
          // What this service refuses comes as a result, and so does what a status has said.
          if (errors && !data) sink.refused(errors);
          else sink.next(result as Result);
        },
        // The app had no token just now, or what came is no event stream: it may be another time.
        error: () => {
          if (!isOver) sink.refused([]);
        },
        complete: () => {
          if (!isOver) sink.complete();
        },
      },
      {
        connecting: (isRetry) => {
          this.#waiting.add(operation);
          if (isRetry) events.onLost();
          events.onConnecting();
        },
        connected: () => {
          this.#waiting.delete(operation);
          this.#pauses.began();
          if (this.#waiting.size === 0) events.onLive(null);
        },
      },
    );
    return () => {
      isOver = true;
      this.#waiting.delete(operation);
      end();
    };
  }

  reconnect(): void {
    for (const connection of this.#connections) connection.abort();
  }

  dispose(): void {
    this.#client.dispose();
    this.#pauses.hurry();
  }

  async #fetch(address: string, init: RequestInit): Promise<Response> {
    const { timing, events } = this.#options;
    const connection = new AbortController();
    const late = setTimeout(() => connection.abort(), timing.connectMs);
    const signal = AbortSignal.any([init.signal!, connection.signal]);
    const ask = () => {
      const headers = new Headers(init.headers);
      if (this.#takesParts) headers.set('accept', acceptParts);
      return fetch(address, { ...init, headers, signal });
    };
    try {
      let response = await ask();
      if (response.status === notAcceptable && !this.#takesParts) {
        this.#takesParts = true;
        response = await ask();
      }
      const type = response.headers.get('content-type') ?? '';
      const boundary = boundaryOf(type);
      const isStream = boundary !== null || type.startsWith('text/event-stream');
      if (!response.ok || !response.body || !isStream) return await answerAsStream(response);
      events.onSign();
      this.#connections.add(connection);
      const body = watchedBody(response.body, {
        silentMs: timing.streamSilentMs,
        onSign: () => events.onSign(),
        onEnd: () => void this.#connections.delete(connection),
      });
      return eventStream(boundary === null ? body : partsAsEvents(body, boundary));
    } finally {
      clearTimeout(late);
    }
  }
}
