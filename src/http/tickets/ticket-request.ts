/** Reads the ticket that a request shows, and from which page the request comes. */
import type { FastifyRequest } from 'fastify';

/** The parameter of an address that holds a ticket: that of a token in graphql-sse. */
const ticketParameter = 'token';

/** Where the page of a request has the same origin as the service, however that is called from outside. */
const sameOrigin = 'same-origin';

export function readTicket({ query }: FastifyRequest): string | null {
  const ticket = (query as Readonly<Record<string, unknown>> | null)?.[ticketParameter];
  return typeof ticket === 'string' && ticket !== '' ? ticket : null;
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
