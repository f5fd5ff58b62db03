/** A server that stands in for another service: it remembers what it was asked, and fails on demand. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface StandInRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | null;
  /** The span that it is a part of. */
  readonly traceparent: string | null;
  /** JSON, undefined without a body. */
  readonly body: unknown;
}

export interface StandInResponse {
  readonly status: number;
  readonly body: unknown;
}

/** What happens to a request instead of its answer, or before it. */
export type Trouble =
  /** The answer comes this much later, milliseconds; never when infinite. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The answer comes when this resolves. */
  | { readonly kind: 'held'; readonly until: Promise<unknown> }
  /** It is done at once, and answered when this resolves. */
  | { readonly kind: 'answered late'; readonly until: Promise<unknown> }
  /** The connection breaks before an answer. */
  | { readonly kind: 'cut' }
  /** A framework's error page. */
  | { readonly kind: 'html'; readonly status: number }
  /** The connection breaks in the middle of the answer. */
  | { readonly kind: 'partial' }
  /** The answer as it would be, changed. */
  | { readonly kind: 'changed'; readonly change: (body: unknown) => unknown }
  /** Far more than was asked for, bytes. */
  | { readonly kind: 'huge'; readonly bytes: number };

export interface StandIn {
  readonly url: string;
  /** Every request so far, as `GET /api/v1/despachos/1`. */
  readonly calls: string[];
  /** Those of them whose connection was closed before the answer was sent. */
  readonly calledOff: string[];
  /** Decides what happens to a request; undefined for nothing. */
  trouble: (request: StandInRequest, before: number) => Trouble | undefined;
  /** Refuses connections, and breaks those there are. */
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

export type Answerer = (request: StandInRequest) => StandInResponse | Promise<StandInResponse>;

/** Listens on the loopback, on a free port unless one is given. */
export async function startStandIn(answer: Answerer, port = 0): Promise<StandIn> {
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const timers = new Set<NodeJS.Timeout>();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const raw = await text(request);
    const asked: StandInRequest = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      authorization: request.headers.authorization ?? null,
      traceparent: (request.headers['traceparent'] as string | undefined) ?? null,
      body: raw === '' ? undefined : (JSON.parse(raw) as unknown),
    };
    const call = `${asked.method} ${asked.path}`;
    const before = standIn.calls.push(call) - 1;
    response.once('close', () => {
      if (!response.writableFinished) standIn.calledOff.push(call);
    });
    const trouble = standIn.trouble(asked, before);
    if (trouble?.kind === 'cut') return void response.destroy();
    if (trouble?.kind === 'html')
      return void response
        .writeHead(trouble.status, { 'content-type': 'text/html' })
        .end('<!DOCTYPE html><html><body><h1>Whoops, something went wrong.</h1></body></html>');
    if (trouble?.kind === 'huge')
      return void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ data: 'x'.repeat(trouble.bytes) }));
    if (trouble?.kind === 'held') await trouble.until;
    if (trouble?.kind === 'slow' && !(await waited(trouble.ms))) return;
    const { status, body } = await answer(asked);
    if (trouble?.kind === 'answered late') await trouble.until;
    send(
      response,
      status,
      trouble?.kind === 'changed' ? trouble.change(body) : body,
      trouble?.kind === 'partial',
    );
  }

  /** Resolves after the time; never for an infinite one. */
  function waited(ms: number): Promise<boolean> {
    if (ms === Infinity) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve(true);
      }, ms);
      timers.add(timer);
    });
  }

  const listen = (at: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await listen(port);
  const { port: ownPort } = server.address() as AddressInfo;
  const goDown = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const standIn: StandIn = {
    url: `http://127.0.0.1:${ownPort}`,
    calls: [],
    calledOff: [],
    trouble: () => undefined,
    goDown,
    comeBack: () => listen(ownPort),
    async close() {
      for (const timer of timers) clearTimeout(timer);
      if (server.listening) await goDown();
    },
  };
  return standIn;
}

function send(response: ServerResponse, status: number, body: unknown, isPartial: boolean): void {
  const json = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': json.length });
  if (!isPartial) return void response.end(json);
  response.write(json.subarray(0, json.length / 2), () => response.destroy());
}
