/** Reads the ticket that a request shows, and from which page the request comes. */
import type { FastifyRequest } from 'fastify';
import { refusal, type StreamTicket, type StreamTickets } from '../../auth/stream-tickets.ts';
import type { Viewer } from '../../auth/viewer.ts';

/** Where graphql-sse shows what it calls a token: https://github.com/enisdenjo/graphql-sse, PROTOCOL.md. */
export const ticketHeader = 'x-graphql-event-stream-token';
const ticketParameter = 'token';

/** Where the page of a request has the same origin as the service, however that is called from outside. */
const sameOrigin = 'same-origin';

const readText = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

export const ticketInAddress = ({ query }: FastifyRequest): string | null =>
  readText((query as Readonly<Record<string, unknown>> | null)?.[ticketParameter]);

export const ticketOf = (request: FastifyRequest): string | null =>
  readText(request.headers[ticketHeader]) ?? ticketInAddress(request);

/**
 * The ticket of a viewer who is known.
 *
 * @throws UNAUTHENTICATED when there is none, or it is not theirs
 */
export function readTicket(
  tickets: Pick<StreamTickets, 'read'>,
  request: FastifyRequest,
  viewer: Viewer,
): StreamTicket {
  const text = ticketOf(request);
  if (text === null) throw refusal('There is no ticket.');
  const ticket = tickets.read(text, pageOf(request));
  if (ticket.viewerId !== viewer.id) throw refusal('The ticket was given to another viewer.');
  return ticket;
}

/**
 * The origin of the page that sends a request; null where it is no page. A browser does not name it in a GET to the page's own
 * origin, and says by another header that it is one.
 */
export function pageOf({ headers }: Pick<FastifyRequest, 'headers'>): string | null {
  if (headers['sec-fetch-site'] === sameOrigin) return sameOrigin;
  if (headers.origin !== undefined) return headers.origin;
  // Over plain HTTP, and in browsers of before 2023, there is no such header.
  const { referer } = headers;
  return referer === undefined ? null : (URL.parse(referer)?.origin ?? null);
}
