/** Sends requests to a GraphQL endpoint over HTTP, and says of a request that failed whether it may have been executed. */
import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { z } from 'zod';

export interface GraphqlFailure {
  /** `extensions.code`, or `HTTP_404` and the like where the answer is not a GraphQL response. */
  readonly code: string;
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
}

export type Answer =
  | { readonly kind: 'data'; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: 'error'; readonly error: GraphqlFailure }
  /** The server was not reached: nothing was executed. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** The connection was lost, or the time was over, after the request had been sent: it may have been executed. */
  | { readonly kind: 'uncertain'; readonly reason: string };

export interface GraphqlClient {
  /** Does not reject when the server or the network fails. */
  request(document: string, variables?: object): Promise<Answer>;
  close(): void;
}

export interface GraphqlClientOptions {
  readonly url: URL;
  /** The largest number of connections; they are kept open. */
  readonly maxConnections: number;
  readonly timeoutMs: number;
  /** Called before each request. */
  readonly token: () => Promise<string>;
  /** Called with the duration of each request that was answered. */
  readonly onAnswer?: (durationMs: number) => void;
}

const response = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.record(z.string(), z.unknown()).default({}) }))
    .optional(),
});

/** A proxy answers with these when it got no answer from the server behind it. */
const gatewayStatuses = new Set([502, 503, 504]);

export function createGraphqlClient(options: GraphqlClientOptions): GraphqlClient {
  const { url, maxConnections, timeoutMs, token, onAnswer } = options;
  const secure = url.protocol === 'https:';
  const pool = { keepAlive: true, maxSockets: maxConnections, scheduling: 'lifo' as const };
  const agent = secure ? new HttpsAgent(pool) : new HttpAgent(pool);
  const openRequest = secure ? httpsRequest : httpRequest;

  return {
    async request(document, variables = {}) {
      const body = JSON.stringify({ query: document, variables });
      const headers = {
        accept: 'application/graphql-response+json, application/json;q=0.9',
        authorization: `Bearer ${await token()}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      };
      const startedAt = performance.now();
      const request = openRequest(url, { method: 'POST', agent, headers });
      const answer = await exchange(request, body, timeoutMs);
      if (answer.kind === 'data' || answer.kind === 'error') onAnswer?.(performance.now() - startedAt);
      return answer;
    },
    close: () => agent.destroy(),
  };
}

function exchange(request: ClientRequest, body: string, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    let connected = false;
    const fail = (error: NodeJS.ErrnoException) => {
      clearTimeout(deadline);
      resolve({ kind: connected ? 'uncertain' : 'unreachable', reason: describe(error) });
    };
    const deadline = setTimeout(
      () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    request.on('socket', (socket) => {
      if (!socket.connecting) connected = true;
      else socket.once('connect', () => (connected = true));
    });
    request.on('error', fail);
    request.on('response', (incoming) => {
      readBody(incoming).then((text) => {
        clearTimeout(deadline);
        resolve(readAnswer(incoming.statusCode ?? 0, text));
      }, fail);
    });
    request.end(body);
  });
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  incoming.setEncoding('utf8');
  let text = '';
  for await (const chunk of incoming) text += chunk as string;
  return text;
}

function readAnswer(status: number, text: string): Answer {
  const body = response.safeParse(readJson(text));
  const [first] = body.data?.errors ?? [];
  if (first) {
    const code = first.extensions['code'];
    const error = { ...first, code: typeof code === 'string' ? code : `HTTP_${status}` };
    return { kind: 'error', error };
  }
  if (body.data?.data) return { kind: 'data', data: body.data.data };
  if (gatewayStatuses.has(status)) return { kind: 'uncertain', reason: `HTTP ${status}` };
  const message = `The answer is not a GraphQL response: HTTP ${status} ${text.slice(0, 120)}`;
  return { kind: 'error', error: { code: `HTTP_${status}`, message, extensions: {} } };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller reports it, with the HTTP status and the beginning of the text.
    return undefined;
  }
}

function describe(error: NodeJS.ErrnoException): string {
  // An AggregateError has an empty message: Node throws it when all addresses of a name failed.
  return error.message === '' ? (error.code ?? error.name) : error.message;
}
