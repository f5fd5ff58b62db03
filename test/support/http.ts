/** Sends plain HTTP requests, valid or not, and checks that other requests are still served. */
import { expect } from '@jest/globals';
import type { RunningApp } from './app.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The code of the first error; undefined when there is none. */
  readonly code: unknown;
  readonly json: {
    readonly data?: Record<string, unknown> | null;
    readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
  } & Record<string, unknown>;
}

/** What Apollo Client asks with. Whoever asks for plain JSON first gets 200 for what is refused. */
export const likeApolloClient = 'application/graphql-response+json, application/json;q=0.9';

export async function send(
  url: string,
  { headers, ...init }: Omit<RequestInit, 'headers'> & { headers?: Readonly<Record<string, string>> } = {},
): Promise<HttpAnswer> {
  const response = await fetch(url, { ...init, headers: { accept: likeApolloClient, ...headers } });
  const text = await response.text();
  const isJson = text !== '' && /json/.test(response.headers.get('content-type') ?? '');
  const json = (isJson ? JSON.parse(text) : {}) as HttpAnswer['json'];
  return {
    status: response.status,
    headers: response.headers,
    text,
    json,
    code: json.errors?.[0]?.extensions['code'],
  };
}

export interface Posted {
  /** Text or bytes are sent as they are, other values as JSON. */
  readonly body: unknown;
  /** The default is a token of a dispatcher; null sends none. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a POST to /graphql. */
export async function post(app: RunningApp, { body, token, headers = {} }: Posted): Promise<HttpAnswer> {
  const content = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const shown = token === undefined ? await app.token() : token;
  return send(`${app.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(shown !== null && { authorization: `Bearer ${shown}` }),
      ...headers,
    },
    body: content as string | Buffer<ArrayBuffer>,
  });
}

/** Checks that another request is served. */
export async function expectToServeOthers(app: RunningApp): Promise<void> {
  const token = await app.token({ sub: 'somebody-else' });
  const answer = await app.ask('{ despachos { id } }', {}, token);
  expect(answer).toMatchObject({ status: 200, data: { despachos: expect.any(Array) } });
}
