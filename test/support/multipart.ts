/** Reads subscriptions as parts of HTTP: by Apollo Client's HttpLink, and part by part. */
import { request } from 'node:http';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { afterEach } from '@jest/globals';
import { ArrivingResponse } from './arriving-response.ts';
import { Facts } from './graphql-client.ts';

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

/** What Apollo Client's HttpLink asks for. */
export const acceptParts = 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json';

/** One subscription of Apollo Client over HTTP, and what its app sees of it. */
export class ApolloSubscription<T> {
  readonly events: T[] = [];
  readonly errors: Error[] = [];
  readonly #facts = new Facts();
  #isOver = false;
  readonly unsubscribe: () => void;

  constructor(url: string, token: string, query: string, variables: Record<string, unknown>) {
    const client = new ApolloClient({
      link: ApolloLink.from([
        new HttpLink({ uri: `${url}/graphql`, headers: { authorization: `Bearer ${token}` } }),
      ]),
      cache: new InMemoryCache(),
    });
    const subscription = client.subscribe<Record<string, T>>({ query: gql(query), variables }).subscribe({
      next: ({ data, error }) => {
        if (data) this.events.push(Object.values(data)[0]!);
        if (error) this.errors.push(error);
        this.#facts.changed();
      },
      complete: () => {
        this.#isOver = true;
        this.#facts.changed();
      },
    });
    this.unsubscribe = () => subscription.unsubscribe();
    undos.push(() => {
      this.unsubscribe();
      client.stop();
    });
  }

  until(isThere: (shown: this) => boolean): Promise<void> {
    return this.#facts.until(
      () => isThere(this),
      () => [this.events, this.errors.map(String)],
    );
  }

  over(): Promise<void> {
    return this.#facts.until(() => this.#isOver);
  }
}

/** A response of parts that is read as it arrives. */
export class Parts extends ArrivingResponse {
  /** What has come whole: up to the next delimiter, as a reader has to see it. */
  get contents(): readonly unknown[] {
    return this.text
      .split('\r\n--graphql')
      .slice(1, -1)
      .map((part) => {
        const [head, body = ''] = part.split('\r\n\r\n', 2);
        if (head !== '\r\ncontent-type: application/json') throw new Error(`The head of a part is ${head}.`);
        return JSON.parse(body) as unknown;
      });
  }

  get payloads(): readonly unknown[] {
    return this.contents.filter((content) => Object.keys(content as object).length > 0);
  }

  get heartbeats(): number {
    return this.contents.length - this.payloads.length;
  }

  until(isThere: (parts: this) => boolean): Promise<void> {
    return this.facts.until(
      () => isThere(this),
      () => this.text,
    );
  }

  /** Resolves with whether its end is that of a whole body. */
  async over(): Promise<boolean> {
    await this.facts.until(() => this.isOver);
    return this.text.endsWith('\r\n--graphql--\r\n') && this.response.complete;
  }
}

export interface PartsRequest {
  readonly token?: string;
  readonly body: unknown;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The connection is cut after the test. */
export function tParts(
  url: string,
  { token, body, accept = acceptParts, headers: others = {} }: PartsRequest,
): Promise<Parts> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...{ accept, 'content-type': 'application/json' },
      ...others,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const sent = request(`${url}/graphql`, { method: 'POST', headers }, (response) =>
      resolve(new Parts(response)),
    );
    sent.once('error', reject);
    sent.end(JSON.stringify(body));
    undos.push(() => void sent.destroy());
  });
}
