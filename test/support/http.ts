/** Owns plain HTTP requests of tests, whatever is in them, and the look at whether others are still served. */
import { expect } from '@jest/globals';
import type { RunningApp } from './app.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Of the first error; undefined when there is none. */
  readonly code: unknown;
  readonly json: {
    readonly data?: Record<string, unknown> | null;
    readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
  } & Record<string, unknown>;
}

export async function send(url: string, init: RequestInit = {}): Promise<HttpAnswer> {
  const response = await fetch(url, init);
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
  /** What is sent as it is, or a value that is sent as JSON. */
  readonly body: unknown;
  /** Null for none; a dispatcher's unless given. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Posts to /graphql. */
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

/** Whatever came before: somebody else is served. */
export async function expectToServeOthers(app: RunningApp): Promise<void> {
  const token = await app.token({ sub: 'somebody-else' });
  const answer = await app.ask('{ despachos { id } }', {}, token);
  expect(answer).toMatchObject({ status: 200, data: { despachos: expect.any(Array) } });
}
