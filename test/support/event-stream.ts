/** Reads Server-Sent Events: by the stock graphql-sse client, and line by line. */
import { get, request, type IncomingMessage } from 'node:http';
import { afterEach } from '@jest/globals';
import { createClient, type ClientOptions } from 'graphql-sse';
import { ArrivingResponse } from './arriving-response.ts';
import type { Subscribing } from './graphql-client.ts';

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

/** A stock client; it is disposed of after the test. */
export function tEventClient(
  url: string,
  token: string,
  options: Partial<ClientOptions<false>> = {},
): Subscribing {
  const client = createClient({
    url: `${url}/graphql`,
    headers: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
    ...options,
  });
  undos.push(() => client.dispose());
  // The two packages differ only in the types of their errors.
  return client as unknown as Subscribing;
}

/** A stock client in single connection mode, with short waits; it is disposed of after the test. */
export function tSharedEventClient(
  url: string,
  token: string,
  options: Partial<ClientOptions<true>> = {},
): Subscribing {
  const client = createClient({
    url: `${url}/graphql`,
    singleConnection: true,
    // A function: into an object of the app the client writes the ticket of its newest stream, for all of them.
    headers: () => ({ authorization: `Bearer ${token}` }),
    retryAttempts: Infinity,
    retry: () => new Promise((resolve) => setTimeout(resolve, 20 + 80 * Math.random())),
    ...options,
  });
  undos.push(() => client.dispose());
  return client as unknown as Subscribing;
}

export interface StreamedEvent {
  readonly event: string;
  readonly data: unknown;
}

/** An event stream that is read while it arrives. */
export class BareEventStream extends ArrivingResponse {
  get status(): number {
    return this.response.statusCode!;
  }

  get comments(): number {
    return this.#blocks.filter((block) => block.startsWith(':')).length;
  }

  /** The id with which an EventSource would come back, and after how many milliseconds. */
  get place(): { readonly id: string | undefined; readonly retryMs: number | undefined } {
    const last = (field: string) =>
      this.#blocks
        .flatMap((block) => block.split('\n'))
        .findLast((line) => line.startsWith(`${field}: `))
        ?.slice(field.length + 2);
    const retry = last('retry');
    return { id: last('id'), retryMs: retry === undefined ? undefined : Number(retry) };
  }

  get events(): StreamedEvent[] {
    return this.#blocks
      .filter((block) => /^(event|data):/m.test(block))
      .map((block) => {
        const lines = block.split('\n').map((line) => line.split(/: ?(.*)/s, 2) as [string, string]);
        const { event = 'message', data = '' } = Object.fromEntries(lines) as Record<string, string>;
        return { event, data: data === '' ? null : (JSON.parse(data) as unknown) };
      });
  }

  /** Resolves when `isThere` returns true; rejects when the stream ends first. */
  async until(isThere: (stream: this) => boolean): Promise<void> {
    await this.facts.until(() => isThere(this) || this.isOver);
    if (!isThere(this)) throw new Error(`The stream ended first: ${this.text}`);
  }

  /** Resolves with everything that came, when the response has ended. */
  async over(): Promise<{ readonly text: string; readonly isComplete: boolean }> {
    await this.facts.until(() => this.isOver);
    return { text: this.text, isComplete: this.events.at(-1)?.event === 'complete' };
  }

  get #blocks(): string[] {
    // The text after the last empty line is not a complete event yet.
    return this.text.split('\n\n').slice(0, -1);
  }
}

export interface EventStreamRequest {
  readonly token?: string;
  readonly body?: unknown;
  readonly accept?: string;
  readonly lastEventId?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a POST, or a GET without a body, and reads the response; the connection is cut after the test. */
export function tEventStream(
  url: string,
  { token, body, accept = 'text/event-stream', lastEventId, headers: others = {} }: EventStreamRequest,
): Promise<BareEventStream> {
  const headers = {
    accept,
    ...others,
    ...(token && { authorization: `Bearer ${token}` }),
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  };
  return new Promise((resolve, reject) => {
    const onResponse = (response: IncomingMessage) => resolve(new BareEventStream(response));
    const sent =
      body === undefined
        ? get(url, { headers }, onResponse)
        : request(
            url,
            { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } },
            onResponse,
          );
    sent.once('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    undos.push(() => void sent.destroy());
  });
}
