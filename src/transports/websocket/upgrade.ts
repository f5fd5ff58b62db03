/** Refuses requests for a WebSocket before the handshake. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { graphqlPath } from '../../http/graphql.ts';
import { scaledLimit } from '../../config/rates.ts';
import type { TransportContext } from '../transport.ts';

export interface Refusal {
  /** Status code and reason phrase. */
  readonly status: string;
  readonly message: string;
}

/** Why the request is refused; undefined when the socket may open. */
export async function findRefusal(
  { config, sessions, rateLimit, addressOf, metrics }: TransportContext,
  request: IncomingMessage,
): Promise<Refusal | undefined> {
  if (request.url?.split('?', 1)[0] !== graphqlPath)
    return { status: '404 Not Found', message: `WebSockets are served at ${graphqlPath}.` };
  if (sessions.isDraining)
    return { status: '503 Service Unavailable', message: 'The service is shutting down.' };
  const { corsOrigins } = config.http;
  const { origin } = request.headers;
  if (origin !== undefined && corsOrigins !== '*' && !corsOrigins.includes(origin))
    return { status: '403 Forbidden', message: 'This origin may not connect.' };
  if ((request.headersDistinct['authorization']?.length ?? 0) > 1)
    return { status: '400 Bad Request', message: 'The request has several Authorization headers.' };
  const perMinute = scaledLimit(config.limits, config.limits.connectsPerMinute);
  if (perMinute === null) return undefined;
  const rule = { points: perMinute, windowMs: 60_000 };
  const verdict = await rateLimit.consume('connect', addressOf(request), rule);
  if (verdict.allowed) return undefined;
  metrics.rateLimited.inc({ limit: 'connect' });
  return { status: '429 Too Many Requests', message: 'Too many connections; try again later.' };
}

/** Sends the refusal instead of the handshake, and ends the connection. */
export function refuseUpgrade(duplex: Duplex, { status, message }: Refusal): void {
  const body = JSON.stringify({ error: message });
  // Sockets of an HTTP server stay half open: without this one, for as long as the client likes.
  duplex.once('finish', () => duplex.destroy());
  duplex.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
