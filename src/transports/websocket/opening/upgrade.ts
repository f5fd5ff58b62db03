/** Decides what becomes of a request for a WebSocket, and refuses those that are not to become one. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { graphqlPath, isGraphqlPath } from '../../../http/graphql.ts';
import type { Config } from '../../../config/config.ts';
import { connectsPerMinute } from '../../../config/rates.ts';
import type { TransportContext } from '../../transport.ts';
import { closeCodes, type CloseCode } from '../close-codes.ts';

/** No handshake, since asking again changes nothing. */
export interface Refusal {
  readonly kind: 'refused';
  /** Status code and reason phrase. */
  readonly status: string;
  readonly message: string;
}

/** What becomes of a request. `later`: see `TurnedAway`. */
export type Verdict =
  | { readonly kind: 'open' }
  | Refusal
  | { readonly kind: 'later'; readonly close: CloseCode; readonly reason: string };

export async function judgeUpgrade(
  context: Pick<
    TransportContext,
    'config' | 'sessions' | 'rateLimit' | 'addressOf' | 'connections' | 'metrics'
  >,
  request: IncomingMessage,
): Promise<Verdict> {
  const { config, sessions, rateLimit, addressOf, connections, metrics } = context;
  const refusal = findRefusal(config, request);
  if (refusal) return refusal;
  if (sessions.refusal) {
    const { why, message } = sessions.refusal;
    metrics.turnedAway.inc({ why });
    return { kind: 'later', close: closeCodes.serviceRestart, reason: message };
  }
  if (connections.isBeyond(request.socket)) {
    connections.noteTurnedAway();
    return { kind: 'later', close: closeCodes.tryAgainLater, reason: 'No room for one more connection.' };
  }
  const perMinute = connectsPerMinute(config);
  if (perMinute === null) return { kind: 'open' };
  const rule = { points: perMinute, windowMs: 60_000 };
  const verdict = await rateLimit.consume('connect', addressOf(request), rule);
  if (verdict.allowed) return { kind: 'open' };
  metrics.rateLimited.inc({ limit: 'connect' });
  metrics.turnedAway.inc({ why: 'connects' });
  return { kind: 'later', close: closeCodes.tryAgainLater, reason: 'Too many connections; try again later.' };
}

function findRefusal({ http }: Config, request: IncomingMessage): Refusal | undefined {
  const refused = (status: string, message: string) => ({ kind: 'refused', status, message }) as const;
  if (!isGraphqlPath(request.url))
    return refused('404 Not Found', `WebSockets are served at ${graphqlPath}.`);
  const { origin } = request.headers;
  if (origin !== undefined && !mayConnect(http, origin))
    return refused('403 Forbidden', 'This origin may not connect.');
  if ((request.headersDistinct['authorization']?.length ?? 0) > 1)
    return refused('400 Bad Request', 'The request has several Authorization headers.');
  return undefined;
}

/** Never by what the request says of the host: a page can have its own name lead here. */
const mayConnect = ({ corsOrigins, publicOrigins }: Config['http'], origin: string): boolean =>
  corsOrigins === '*' || corsOrigins.includes(origin) || publicOrigins.includes(origin);

/** Sends the refusal instead of the handshake, and ends the connection. */
export function refuseUpgrade(
  duplex: Duplex,
  { status, message }: Pick<Refusal, 'status' | 'message'>,
): void {
  const body = JSON.stringify({ error: message });
  // Sockets of an HTTP server stay half open: without this one, for as long as the client likes.
  duplex.once('finish', () => duplex.destroy());
  duplex.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
